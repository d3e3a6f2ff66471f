package io.canopy.shop.payment;

import java.math.BigDecimal;
import java.time.OffsetDateTime;

/**
 * Money taken for an order.
 *
 * @param amount in euros
 * @param authorisation the acquirer's reference
 */
record Payment(String id, String orderId, BigDecimal amount, String authorisation, OffsetDateTime createdAt) {
}
