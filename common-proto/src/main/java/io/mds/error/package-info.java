/**
 * The one exception type that crosses module and process boundaries, and its translation to and from the wire.
 *
 * <p>Codes are those of {@code error.proto}; there is no second list of them.
 */
package io.mds.error;
