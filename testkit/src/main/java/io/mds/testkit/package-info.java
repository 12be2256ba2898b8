/** A cluster for tests, with fault injection. */
package io.mds.testkit;
