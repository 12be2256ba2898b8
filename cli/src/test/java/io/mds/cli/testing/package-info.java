/** A cluster in memory that tests of the command line talk to. */
package io.mds.cli.testing;
