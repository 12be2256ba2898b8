/**
 * The admin pages of a region: health, readiness, status and metrics over HTTP, read-only, on threads of their own.
 */
package io.mds.region.admin;
