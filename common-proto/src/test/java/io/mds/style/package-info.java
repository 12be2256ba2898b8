/** Tests of the source itself: which package may use which, and what the files look like. */
package io.mds.style;
