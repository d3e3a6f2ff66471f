package io.canopy.shop.inventory;

import java.util.List;
import java.util.Optional;

import io.canopy.shop.common.journal.Journal;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.annotation.Transactional;

/** Keeps stock and reservations in the database. */
@Repository
class StockStore {

	private final JdbcClient jdbc;

	private final Journal journal;

	StockStore(JdbcClient jdbc, Journal journal) {
		this.jdbc = jdbc;
		this.journal = journal;
	}

	public List<Stock> all() {
		return this.jdbc.sql("select sku, on_hand from stock order by sku").query(Stock.class).list();
	}

	public Optional<Stock> find(String sku) {
		return this.jdbc.sql("select sku, on_hand from stock where sku = ?").param(sku).query(Stock.class).optional();
	}

	/**
	 * Takes the quantity off the shelf and keeps the reservation.
	 * @return false, and nothing is changed, when there is too little
	 */
	@Transactional
	public boolean reserve(Reservation reservation) {
		int taken = this.jdbc
			.sql("update stock set on_hand = on_hand - :quantity" + " where sku = :sku and on_hand >= :quantity")
			.param("quantity", reservation.quantity())
			.param("sku", reservation.sku())
			.update();
		if (taken == 0) {
			return false;
		}
		this.jdbc.sql("insert into reservation (id, sku, quantity, pick, created_at) values (?, ?, ?, ?, ?)")
			.params(reservation.id(), reservation.sku(), reservation.quantity(), reservation.pick(),
					reservation.createdAt())
			.update();
		this.journal.append("stock-reserved", reservation.id());
		return true;
	}

	/**
	 * Puts a reservation's goods back.
	 * @return false when there is no such reservation
	 */
	@Transactional
	public boolean release(String id) {
		int returned = this.jdbc
			.sql("update stock set on_hand = on_hand + (select quantity from reservation where id = :id)"
					+ " where sku = (select sku from reservation where id = :id)")
			.param("id", id)
			.update();
		if (returned == 0) {
			return false;
		}
		this.jdbc.sql("delete from reservation where id = ?").param(id).update();
		this.journal.append("stock-released", id);
		return true;
	}

	/**
	 * Fills a shelf up once it is below its reorder level.
	 * @return whether it was
	 */
	@Transactional
	public boolean reorder(String sku) {
		return this.jdbc
			.sql("update stock set on_hand = on_hand + reorder_quantity" + " where sku = ? and on_hand < reorder_level")
			.param(sku)
			.update() > 0;
	}

}
