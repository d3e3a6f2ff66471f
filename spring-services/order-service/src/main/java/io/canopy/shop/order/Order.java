package io.canopy.shop.order;

import java.math.BigDecimal;
import java.time.OffsetDateTime;

/**
 * A customer's order.
 *
 * @param amount in euros
 * @param paymentId the payment, once it is taken
 */
record Order(String id, String sku, int quantity, BigDecimal amount, Status status, String paymentId,
		OffsetDateTime createdAt) {

	Order placed(String paymentId) {
		return new Order(this.id, this.sku, this.quantity, this.amount, Status.PLACED, paymentId, this.createdAt);
	}

	Order failed() {
		return new Order(this.id, this.sku, this.quantity, this.amount, Status.FAILED, null, this.createdAt);
	}

	/** How far an order is. */
	enum Status {

		PENDING, PLACED, FAILED

	}

}
