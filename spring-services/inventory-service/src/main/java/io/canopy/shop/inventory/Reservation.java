package io.canopy.shop.inventory;

import java.time.OffsetDateTime;

/**
 * Stock set aside for an order.
 *
 * @param pick the warehouse's reference for who fetches it
 */
record Reservation(String id, String sku, int quantity, String pick, OffsetDateTime createdAt) {
}
