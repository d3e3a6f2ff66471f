package io.canopy.shop.inventory;

/**
 * What lies on the shelf of one product.
 *
 * @param onHand how many may be reserved
 */
record Stock(String sku, int onHand) {
}
