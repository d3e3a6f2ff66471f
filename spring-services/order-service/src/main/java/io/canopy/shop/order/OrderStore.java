package io.canopy.shop.order;

import java.util.Optional;

import io.canopy.shop.common.journal.Journal;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.annotation.Transactional;

/** Keeps orders in the database. */
@Repository
class OrderStore {

	private final JdbcClient jdbc;

	private final Journal journal;

	OrderStore(JdbcClient jdbc, Journal journal) {
		this.jdbc = jdbc;
		this.journal = journal;
	}

	@Transactional
	public void add(Order order) {
		this.jdbc.sql("insert into purchase (id, sku, quantity, amount, status, created_at) values (?, ?, ?, ?, ?, ?)")
			.params(order.id(), order.sku(), order.quantity(), order.amount(), order.status().name(), order.createdAt())
			.update();
		this.journal.append("order-received", order.id());
	}

	@Transactional
	public void update(Order order) {
		this.jdbc.sql("update purchase set status = ?, payment_id = ? where id = ?")
			.params(order.status().name(), order.paymentId(), order.id())
			.update();
		this.journal.append("order-" + order.status().name().toLowerCase(), order.id());
	}

	public Optional<Order> find(String id) {
		return this.jdbc.sql("select * from purchase where id = ?").param(id).query(Order.class).optional();
	}

}
