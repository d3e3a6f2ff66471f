package io.canopy.shop.common.partner;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;

import org.springframework.beans.factory.DisposableBean;

/**
 * Stands in for the company behind a service (carrier, acquirer, warehouse): a real HTTP
 * server on loopback which answers any request with a reference, after as long as such a
 * company needs, or not at all while it hangs.
 */
public class Partner implements DisposableBean {

	private static final long LONGEST_HANG_SECONDS = 10;

	private final HttpServer server;

	private final ExecutorService threads = Executors.newCachedThreadPool((task) -> {
		Thread thread = new Thread(task, "partner");
		thread.setDaemon(true);
		return thread;
	});

	private volatile CountDownLatch gate = new CountDownLatch(0);

	Partner() throws IOException {
		this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
		this.server.createContext("/", this::answer);
		this.server.setExecutor(this.threads);
		this.server.start();
	}

	public String baseUrl() {
		InetSocketAddress address = this.server.getAddress();
		return "http://" + address.getAddress().getHostAddress() + ":" + address.getPort();
	}

	/** From now on accepts requests but leaves them without an answer. */
	public void hang() {
		this.gate = new CountDownLatch(1);
	}

	/** Answers again, those first who still wait. */
	public void recover() {
		this.gate.countDown();
	}

	@Override
	public void destroy() {
		recover();
		this.server.stop(0);
		this.threads.shutdownNow();
	}

	private void answer(HttpExchange exchange) throws IOException {
		try (exchange) {
			exchange.getRequestBody().readAllBytes();
			this.gate.await(LONGEST_HANG_SECONDS, TimeUnit.SECONDS);
			Thread.sleep(thinkTimeMillis());
			byte[] body = "{\"reference\":\"%s\"}".formatted(UUID.randomUUID()).getBytes(StandardCharsets.UTF_8);
			exchange.getResponseHeaders().set("Content-Type", "application/json");
			exchange.sendResponseHeaders(200, body.length);
			exchange.getResponseBody().write(body);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/** Log-normal, as answer times are: mostly about 5 ms, now and then 20. */
	private static long thinkTimeMillis() {
		double millis = 5 * Math.exp(0.5 * ThreadLocalRandom.current().nextGaussian());
		return Math.round(Math.min(millis, 40));
	}

}
