/** Micro-benchmarks and the load generator with its peers. */
package io.mds.bench;
