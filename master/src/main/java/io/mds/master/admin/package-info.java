/**
 * What a person or a monitoring system sees of a master over HTTP: health, status as JSON, metrics, a web page.
 *
 * <p>Thread: the admin server's; what belongs to the metadata thread is asked for there, with a limit.
 */
package io.mds.master.admin;
