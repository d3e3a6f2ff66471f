package io.canopy.shop.order;

import java.math.BigDecimal;

import jakarta.validation.constraints.Digits;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Positive;
import jakarta.validation.constraints.Size;

/**
 * What a customer wants.
 *
 * @param amount the price of all of it, in euros
 */
record OrderRequest(@NotBlank @Size(max = 40) String sku, @Positive @Max(100) int quantity,
		@NotNull @Positive @Digits(integer = 8, fraction = 2) BigDecimal amount) {
}
