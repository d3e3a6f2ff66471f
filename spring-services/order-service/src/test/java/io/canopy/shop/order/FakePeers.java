package io.canopy.shop.order;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;

/**
 * Stands in for the inventory and the payment service: a real HTTP server that answers
 * each call as told, and remembers the calls in their order.
 */
class FakePeers {

	private final HttpServer server;

	private final Map<String, Answer> answers = new ConcurrentHashMap<>();

	private final List<String> calls = new CopyOnWriteArrayList<>();

	FakePeers() throws IOException {
		this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
		this.server.createContext("/", this::handle);
		this.server.start();
	}

	String url() {
		return "http://127.0.0.1:" + this.server.getAddress().getPort();
	}

	/** Everything works again, and no call has been made. */
	void reset() {
		this.calls.clear();
		this.answers.clear();
		answer("POST /reservations", 201, "{\"id\": \"r-1\"}");
		answer("POST /payments", 201, "{\"id\": \"p-1\"}");
		answer("DELETE /reservations/r-1", 204, "");
	}

	void answer(String call, int status, String body) {
		this.answers.put(call, new Answer(status, body));
	}

	List<String> calls() {
		return this.calls;
	}

	private void handle(HttpExchange exchange) throws IOException {
		try (exchange) {
			String call = exchange.getRequestMethod() + " " + exchange.getRequestURI().getPath();
			this.calls.add(call);
			exchange.getRequestBody().readAllBytes();
			Answer answer = this.answers.getOrDefault(call, new Answer(404, ""));
			byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
			exchange.getResponseHeaders()
				.set("Content-Type", (answer.status() < 400) ? "application/json" : "application/problem+json");
			exchange.sendResponseHeaders(answer.status(), (body.length > 0) ? body.length : -1);
			exchange.getResponseBody().write(body);
		}
	}

	private record Answer(int status, String body) {
	}

}
