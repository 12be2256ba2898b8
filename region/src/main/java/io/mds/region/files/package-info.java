/** Small files beside the log and the store, each replaced as a whole. */
package io.mds.region.files;
