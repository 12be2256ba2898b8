/** What travels between processes: frames, requests, answers, connections. */
package io.mds.rpc;
