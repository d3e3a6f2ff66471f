package io.canopy.shop.inventory;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.http.MediaType;
import org.springframework.test.web.servlet.client.RestTestClient;

import static org.assertj.core.api.Assertions.assertThat;

/** The whole service as it is configured, over HTTP. */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
@ExtendWith(OutputCaptureExtension.class)
class InventoryServiceApplicationTests {

	@LocalServerPort
	private int port;

	private RestTestClient http;

	@BeforeEach
	void connect() {
		this.http = RestTestClient.bindToServer().baseUrl("http://127.0.0.1:" + this.port).build();
	}

	@Test
	void takesReservedStockOffTheShelfAndPutsReleasedStockBack() {
		int before = onHand("TEAPOT");

		Reservation reservation = reserve("TEAPOT", 5).expectStatus()
			.isCreated()
			.expectBody(Reservation.class)
			.returnResult()
			.getResponseBody();

		assertThat(reservation.pick()).isNotBlank();
		assertThat(onHand("TEAPOT")).isEqualTo(before - 5);
		release(reservation.id()).expectStatus().isNoContent();
		assertThat(onHand("TEAPOT")).isEqualTo(before);
		release(reservation.id()).expectStatus().isNotFound();
	}

	@Test
	void refusesWhatIsNotInStockAndWhatItDoesNotKnow() {
		reserve("TYPEWRITER", 1).expectStatus()
			.isEqualTo(409)
			.expectBody()
			.jsonPath("$.detail")
			.isEqualTo("There are fewer than 1 x TYPEWRITER in stock");
		reserve("GRAMOPHONE", 1).expectStatus()
			.isNotFound()
			.expectBody()
			.jsonPath("$.detail")
			.isEqualTo("There is no product GRAMOPHONE");
	}

	@Test
	void reordersBeforeAShelfIsEmpty(CapturedOutput output) {
		for (int i = 0; i < 3; i++) {
			reserve("BLENDER", 100).expectStatus().isCreated();
		}
		assertThat(onHand("BLENDER")).isPositive();
		assertThat(output).contains("Reordered BLENDER");
	}

	@Test
	void measuresWhatPrometheusAsksFor() {
		reserve("KETTLE", 1).expectStatus().isCreated();

		String metrics = get("/actuator/prometheus");

		assertThat(metrics.lines().filter((line) -> !line.startsWith("#")))
			.allMatch((line) -> line.contains("service=\"inventory-service\""));
		assertThat(metrics).contains("process_cpu_usage{", "jvm_memory_used_bytes{area=\"heap\"",
				"jvm_memory_max_bytes{", "http_client_requests_seconds_count{");
		assertThat(
				metrics.lines()
					.filter((line) -> line.startsWith("http_server_requests_seconds_bucket")
							&& line.contains("status=\"201\"") && line.contains("uri=\"/reservations\"")))
			.hasSizeBetween(50, 80);
		assertThat(get("/actuator/health")).contains("\"status\":\"UP\"");
	}

	@Test
	void hasNoFaultsUnlessAskedFor() {
		this.http.get().uri("/faults").exchange().expectStatus().isNotFound();
	}

	private int onHand(String sku) {
		return this.http.get()
			.uri("/stock/" + sku)
			.exchange()
			.expectBody(Stock.class)
			.returnResult()
			.getResponseBody()
			.onHand();
	}

	private RestTestClient.ResponseSpec reserve(String sku, int quantity) {
		return this.http.post()
			.uri("/reservations")
			.contentType(MediaType.APPLICATION_JSON)
			.body("{\"sku\": \"%s\", \"quantity\": %d}".formatted(sku, quantity))
			.exchange();
	}

	private RestTestClient.ResponseSpec release(String id) {
		return this.http.delete().uri("/reservations/" + id).exchange();
	}

	private String get(String path) {
		return this.http.get().uri(path).exchange().expectBody(String.class).returnResult().getResponseBody();
	}

}
