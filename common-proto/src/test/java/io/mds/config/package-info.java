/** Tests of settings, their sources, and what a daemon says when it cannot start. */
package io.mds.config;
