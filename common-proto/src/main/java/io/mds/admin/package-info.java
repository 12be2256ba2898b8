/** The HTTP server behind the admin pages of masters and regions. */
package io.mds.admin;
