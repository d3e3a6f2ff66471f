package io.canopy.shop.order;

import io.canopy.shop.common.http.HttpClients;

import org.springframework.stereotype.Component;
import org.springframework.web.client.RestClient;

/** The inventory service, as orders need it. */
@Component
class Inventory {

	private final RestClient client;

	Inventory(HttpClients clients) {
		this.client = clients.create("inventory");
	}

	/** The id of the new reservation. */
	String reserve(String sku, int quantity) {
		return this.client.post()
			.uri("/reservations")
			.body(new ReservationRequest(sku, quantity))
			.retrieve()
			.requiredBody(Reservation.class)
			.id();
	}

	void release(String reservationId) {
		this.client.delete().uri("/reservations/{id}", reservationId).retrieve().toBodilessEntity();
	}

	private record ReservationRequest(String sku, int quantity) {
	}

	private record Reservation(String id) {
	}

}
