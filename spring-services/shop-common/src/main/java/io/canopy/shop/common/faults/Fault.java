package io.canopy.shop.common.faults;

/**
 * Something that goes wrong on demand.
 *
 * @param name how it is called in the address
 * @param start makes it go wrong
 * @param stop makes it right again
 */
record Fault(String name, Runnable start, Runnable stop) {
}
