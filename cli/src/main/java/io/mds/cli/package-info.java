/** The mds command line and shell. */
package io.mds.cli;
