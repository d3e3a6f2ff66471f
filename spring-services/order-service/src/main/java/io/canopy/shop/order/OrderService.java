package io.canopy.shop.order;

import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.UUID;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.http.HttpStatusCode;
import org.springframework.http.ProblemDetail;
import org.springframework.stereotype.Service;
import org.springframework.web.client.HttpClientErrorException;
import org.springframework.web.client.RestClientException;
import org.springframework.web.server.ResponseStatusException;

/**
 * Places orders: stock first, then the payment; when the payment fails the stock goes
 * back. No database connection is held while another service is asked.
 */
@Service
class OrderService {

	private static final Logger log = LoggerFactory.getLogger(OrderService.class);

	private final OrderStore store;

	private final Carrier carrier;

	private final Inventory inventory;

	private final Payments payments;

	OrderService(OrderStore store, Carrier carrier, Inventory inventory, Payments payments) {
		this.store = store;
		this.carrier = carrier;
		this.inventory = inventory;
		this.payments = payments;
	}

	Order place(OrderRequest request) {
		Order order = new Order(UUID.randomUUID().toString(), request.sku(), request.quantity(), request.amount(),
				Order.Status.PENDING, null, OffsetDateTime.now(ZoneOffset.UTC));
		this.store.add(order);
		try {
			this.carrier.quote(request);
			String reservationId = this.inventory.reserve(order.sku(), order.quantity());
			order = order.placed(pay(order, reservationId));
		}
		catch (HttpClientErrorException ex) {
			this.store.update(order.failed());
			throw refusal(order, ex);
		}
		catch (RestClientException ex) {
			this.store.update(order.failed());
			throw ex;
		}
		this.store.update(order);
		log.info("Order {} placed: {} x {}, {} EUR", order.id(), order.quantity(), order.sku(), order.amount());
		return order;
	}

	Optional<Order> find(String id) {
		return this.store.find(id);
	}

	private String pay(Order order, String reservationId) {
		try {
			return this.payments.take(order.id(), order.amount());
		}
		catch (RestClientException ex) {
			log.warn("Payment for order {} failed, releasing reservation {}", order.id(), reservationId);
			release(reservationId);
			throw ex;
		}
	}

	/** Failing here must not hide why the payment failed. */
	private void release(String reservationId) {
		try {
			this.inventory.release(reservationId);
		}
		catch (RestClientException ex) {
			log.error("Reservation {} could not be released", reservationId, ex);
		}
	}

	/** Passes on what the other service has against the order: 402, 404 or 409. */
	private static ResponseStatusException refusal(Order order, HttpClientErrorException ex) {
		ProblemDetail problem = ex.getResponseBodyAs(ProblemDetail.class);
		HttpStatusCode status = ex.getStatusCode();
		String detail = (problem != null) ? problem.getDetail() : ex.getStatusText();
		log.info("Order {} refused: {}", order.id(), detail);
		return new ResponseStatusException(status, detail);
	}

}
