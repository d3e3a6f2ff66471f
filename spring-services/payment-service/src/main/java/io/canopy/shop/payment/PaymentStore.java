package io.canopy.shop.payment;

import java.util.Optional;

import io.canopy.shop.common.journal.Journal;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.annotation.Transactional;

/** Keeps payments in the database. */
@Repository
class PaymentStore {

	private final JdbcClient jdbc;

	private final Journal journal;

	PaymentStore(JdbcClient jdbc, Journal journal) {
		this.jdbc = jdbc;
		this.journal = journal;
	}

	@Transactional
	public void add(Payment payment) {
		this.jdbc.sql("insert into payment (id, order_id, amount, authorisation, created_at) values (?, ?, ?, ?, ?)")
			.params(payment.id(), payment.orderId(), payment.amount(), payment.authorisation(), payment.createdAt())
			.update();
		this.journal.append("payment-taken", payment.id());
	}

	public Optional<Payment> find(String id) {
		return this.jdbc.sql("select * from payment where id = ?").param(id).query(Payment.class).optional();
	}

}
