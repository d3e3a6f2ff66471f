package io.canopy.shop.common.http;

import java.util.stream.Collectors;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.dao.DataAccessException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.jdbc.CannotGetJdbcConnectionException;
import org.springframework.transaction.TransactionException;
import org.springframework.web.bind.MethodArgumentNotValidException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.client.HttpServerErrorException;
import org.springframework.web.client.ResourceAccessException;
import org.springframework.web.context.request.WebRequest;
import org.springframework.web.servlet.mvc.method.annotation.ResponseEntityExceptionHandler;

/**
 * Answers every failure as {@code application/problem+json}, and logs those that an
 * operator has to know.
 */
@RestControllerAdvice
public class ProblemAdvice extends ResponseEntityExceptionHandler {

	private static final Logger log = LoggerFactory.getLogger(ProblemAdvice.class);

	@Override
	protected ResponseEntity<Object> handleMethodArgumentNotValid(MethodArgumentNotValidException ex,
			HttpHeaders headers, HttpStatusCode status, WebRequest request) {
		String detail = ex.getFieldErrors()
			.stream()
			.map((error) -> error.getField() + " " + error.getDefaultMessage())
			.sorted()
			.collect(Collectors.joining("; "));
		ex.getBody().setDetail(detail);
		return handleExceptionInternal(ex, null, headers, status, request);
	}

	@ExceptionHandler
	ProblemDetail downstreamUnreachable(ResourceAccessException ex) {
		log.error("Downstream call failed: {}", ex.getMessage(), ex);
		return ProblemDetail.forStatusAndDetail(HttpStatus.GATEWAY_TIMEOUT,
				"A system behind this service did not answer in time");
	}

	@ExceptionHandler
	ProblemDetail downstreamFailed(HttpServerErrorException ex) {
		log.error("Downstream call answered {}: {}", ex.getStatusCode().value(), ex.getResponseBodyAsString());
		return ProblemDetail.forStatusAndDetail(HttpStatus.BAD_GATEWAY,
				"A system behind this service answered with an error");
	}

	@ExceptionHandler({ CannotGetJdbcConnectionException.class, TransactionException.class })
	ProblemDetail noConnection(Exception ex) {
		log.error("No database connection: {}", ex.getMessage(), ex);
		return ProblemDetail.forStatusAndDetail(HttpStatus.SERVICE_UNAVAILABLE,
				"No database connection became free in time");
	}

	@ExceptionHandler
	ProblemDetail databaseFailed(DataAccessException ex) {
		log.error("Database statement failed: {}", ex.getMessage(), ex);
		return ProblemDetail.forStatusAndDetail(HttpStatus.INTERNAL_SERVER_ERROR, "The database refused a statement");
	}

}
