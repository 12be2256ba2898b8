/**
 * The numbers that name things in a cluster, each a type of its own so that one cannot be passed for another.
 *
 * <p>Everything here is immutable. Allocation of the numbers is the active master's business.
 */
package io.mds.id;
