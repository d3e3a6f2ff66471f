package io.canopy.shop.payment;

import java.math.BigDecimal;

import jakarta.validation.constraints.Digits;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Positive;
import jakarta.validation.constraints.Size;

/**
 * What to take, and for which order.
 *
 * @param amount in euros
 */
record PaymentRequest(@NotBlank @Size(max = 40) String orderId,
		@NotNull @Positive @Digits(integer = 8, fraction = 2) BigDecimal amount) {
}
