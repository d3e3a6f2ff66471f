package io.canopy.shop.payment;

import java.math.BigDecimal;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.UUID;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Service;
import org.springframework.web.server.ResponseStatusException;

/** Decides which payments are taken, and takes them. */
@Service
class PaymentService {

	private static final Logger log = LoggerFactory.getLogger(PaymentService.class);

	private static final BigDecimal LIMIT = new BigDecimal("5000");

	private final Acquirer acquirer;

	private final PaymentStore store;

	PaymentService(Acquirer acquirer, PaymentStore store) {
		this.acquirer = acquirer;
		this.store = store;
	}

	Payment take(PaymentRequest request) {
		if (request.amount().compareTo(LIMIT) > 0) {
			log.info("Payment for order {} declined: {} EUR is above the limit", request.orderId(), request.amount());
			throw new ResponseStatusException(HttpStatus.PAYMENT_REQUIRED,
					"The payment was declined: %s EUR is above the limit of %s EUR".formatted(request.amount(), LIMIT));
		}
		String authorisation = this.acquirer.authorise(request);
		Payment payment = new Payment(UUID.randomUUID().toString(), request.orderId(), request.amount(), authorisation,
				OffsetDateTime.now(ZoneOffset.UTC));
		this.store.add(payment);
		log.info("Payment {} of {} EUR taken for order {}", payment.id(), payment.amount(), payment.orderId());
		return payment;
	}

	Optional<Payment> find(String id) {
		return this.store.find(id);
	}

}
