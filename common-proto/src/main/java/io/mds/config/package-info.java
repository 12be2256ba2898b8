/**
 * Typed configuration over HOCON: {@code --set} over environment over file over reference, every problem reported at once.
 *
 * <p>Immutable once read; a daemon that starts has a valid configuration.
 */
package io.mds.config;
