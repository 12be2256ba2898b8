/**
 * Typed configuration over HOCON: environment over {@code --set} over file over reference, every problem reported at once.
 *
 * <p>Immutable once read; a daemon that starts has a valid configuration.
 */
package io.mds.config;
