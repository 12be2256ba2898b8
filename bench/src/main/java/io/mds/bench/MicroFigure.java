package io.mds.bench;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * What one call of a small operation costs.
 *
 * @param nanos on average
 * @param errorNanos half of the interval in which the average is with a probability of 99.9 percent
 * @param bytes allocated
 */
record MicroFigure(
        @JsonProperty("benchmark") String benchmark,
        @JsonProperty("ns") double nanos,
        @JsonProperty("ns_error") double errorNanos,
        @JsonProperty("bytes") double bytes) {}
