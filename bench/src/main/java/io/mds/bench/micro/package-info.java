/** What is done for each row and request, measured by itself in a JVM of its own. Run by {@code mds bench micro}. */
package io.mds.bench.micro;
