package io.canopy.shop.order;

import java.io.IOException;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.http.MediaType;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.web.servlet.client.RestTestClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The whole service as it is configured, over HTTP, between peers that answer as told.
 */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
@ExtendWith(OutputCaptureExtension.class)
class OrderServiceApplicationTests {

	private static final FakePeers peers = startPeers();

	@LocalServerPort
	private int port;

	private RestTestClient http;

	@DynamicPropertySource
	static void addresses(DynamicPropertyRegistry registry) {
		registry.add("INVENTORY_URL", peers::url);
		registry.add("PAYMENT_URL", peers::url);
	}

	@BeforeEach
	void connect() {
		peers.reset();
		this.http = RestTestClient.bindToServer().baseUrl("http://127.0.0.1:" + this.port).build();
	}

	@Test
	void reservesStockThenTakesThePayment(CapturedOutput output) {
		Order order = place().expectStatus().isCreated().expectBody(Order.class).returnResult().getResponseBody();

		assertThat(peers.calls()).containsExactly("POST /reservations", "POST /payments");
		this.http.get()
			.uri("/orders/" + order.id())
			.exchange()
			.expectBody()
			.jsonPath("$.status")
			.isEqualTo("PLACED")
			.jsonPath("$.paymentId")
			.isEqualTo("p-1");
		assertThat(output).contains("Order " + order.id() + " placed");
	}

	@Test
	void releasesTheStockWhenThePaymentIsDeclined() {
		peers.answer("POST /payments", 402, "{\"status\": 402, \"detail\": \"The card has expired\"}");

		place().expectStatus()
			.isEqualTo(402)
			.expectHeader()
			.contentType(MediaType.APPLICATION_PROBLEM_JSON)
			.expectBody()
			.jsonPath("$.detail")
			.isEqualTo("The card has expired");

		assertThat(peers.calls()).containsExactly("POST /reservations", "POST /payments", "DELETE /reservations/r-1");
	}

	@Test
	void releasesTheStockWhenThePaymentServiceFails(CapturedOutput output) {
		peers.answer("POST /payments", 500, "{\"detail\": \"out of order\"}");

		place().expectStatus().isEqualTo(502);

		assertThat(peers.calls()).endsWith("DELETE /reservations/r-1");
		assertThat(output).contains("Downstream call answered 500");
	}

	@Test
	void stillNamesThePaymentWhenTheReleaseFailsToo(CapturedOutput output) {
		peers.answer("POST /payments", 402, "{\"status\": 402, \"detail\": \"The card has expired\"}");
		peers.answer("DELETE /reservations/r-1", 500, "{}");

		place().expectStatus().isEqualTo(402);

		assertThat(output).contains("Reservation r-1 could not be released");
	}

	@Test
	void takesNoPaymentForWhatIsNotInStock() {
		peers.answer("POST /reservations", 409, "{\"status\": 409, \"detail\": \"There are none\"}");

		place().expectStatus().isEqualTo(409).expectBody().jsonPath("$.detail").isEqualTo("There are none");

		assertThat(peers.calls()).containsExactly("POST /reservations");
	}

	@Test
	void measuresWhatPrometheusAsksFor() {
		place().expectStatus().isCreated();

		String metrics = get("/actuator/prometheus");

		assertThat(metrics.lines().filter((line) -> !line.startsWith("#")))
			.allMatch((line) -> line.contains("service=\"order-service\""));
		assertThat(metrics).contains("process_cpu_usage{", "jvm_memory_used_bytes{area=\"heap\"",
				"jvm_memory_max_bytes{", "http_client_requests_seconds_count{");
		assertThat(
				metrics.lines()
					.filter((line) -> line.startsWith("http_server_requests_seconds_bucket")
							&& line.contains("status=\"201\"") && line.contains("uri=\"/orders\"")))
			.hasSizeBetween(50, 80);
		assertThat(get("/actuator/health")).contains("\"status\":\"UP\"");
	}

	@Test
	void hasNoFaultsUnlessAskedFor() {
		this.http.get().uri("/faults").exchange().expectStatus().isNotFound();
	}

	private RestTestClient.ResponseSpec place() {
		return this.http.post()
			.uri("/orders")
			.contentType(MediaType.APPLICATION_JSON)
			.body("{\"sku\": \"LAMP\", \"quantity\": 2, \"amount\": 48}")
			.exchange();
	}

	private String get(String path) {
		return this.http.get().uri(path).exchange().expectBody(String.class).returnResult().getResponseBody();
	}

	private static FakePeers startPeers() {
		try {
			return new FakePeers();
		}
		catch (IOException ex) {
			throw new IllegalStateException("No free port for the peers", ex);
		}
	}

}
