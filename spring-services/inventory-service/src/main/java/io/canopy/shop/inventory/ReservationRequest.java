package io.canopy.shop.inventory;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Positive;
import jakarta.validation.constraints.Size;

/** What to set aside. */
record ReservationRequest(@NotBlank @Size(max = 40) String sku, @Positive @Max(100) int quantity) {
}
