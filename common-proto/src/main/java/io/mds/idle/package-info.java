/** What threads do while they have nothing to do. */
package io.mds.idle;
