package io.canopy.shop.order;

import java.math.BigDecimal;

import io.canopy.shop.common.http.HttpClients;

import org.springframework.stereotype.Component;
import org.springframework.web.client.RestClient;

/** The payment service, as orders need it. */
@Component
class Payments {

	private final RestClient client;

	Payments(HttpClients clients) {
		this.client = clients.create("payment");
	}

	/** The id of the payment taken. */
	String take(String orderId, BigDecimal amount) {
		return this.client.post()
			.uri("/payments")
			.body(new PaymentRequest(orderId, amount))
			.retrieve()
			.requiredBody(Payment.class)
			.id();
	}

	private record PaymentRequest(String orderId, BigDecimal amount) {
	}

	private record Payment(String id) {
	}

}
