// SPDX-License-Identifier: GPL-2.0
/* The web server of vgpu-exporter: /metrics, and a page that links to it. */
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <microhttpd.h>

#include "http.h"
#include "metrics.h"

#define MAX_CONNECTIONS	64
#define IDLE_S		10U	/* a connection may be without a request */

static const char page[] =
	"<!DOCTYPE html>\n"
	"<html lang=\"en\"><head><title>vgpu-exporter</title></head>\n"
	"<body><h1>vgpu-exporter</h1>\n"
	"<p><a href=\"/metrics\">Metrics</a></p></body></html>\n";

static const char openmetrics_type[] =
	"application/openmetrics-text; version=1.0.0; charset=utf-8";
static const char prometheus_type[] =
	"text/plain; version=0.0.4; charset=utf-8";

static struct MHD_Daemon *server;

static enum MHD_Result send_response(struct MHD_Connection *connection,
				     unsigned int status, const char *type,
				     struct MHD_Response *response)
{
	enum MHD_Result ret;

	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW,
					"GET, HEAD");
	ret = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return ret;
}

static enum MHD_Result send_fixed(struct MHD_Connection *connection,
				  unsigned int status, const char *type,
				  const char *text)
{
	return send_response(connection, status, type,
			     MHD_create_response_from_buffer(strlen(text),
							     (void *)text,
							     MHD_RESPMEM_PERSISTENT));
}

static enum MHD_Result send_error(struct MHD_Connection *connection,
				  unsigned int status, const char *text)
{
	return send_fixed(connection, status, "text/plain; charset=utf-8",
			  text);
}

/*
 * Who asks for OpenMetrics by name gets it, and who takes anything. Prometheus
 * of old and browsers ask for text.
 */
static enum format wanted(struct MHD_Connection *connection)
{
	const char *accept =
		MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
					    MHD_HTTP_HEADER_ACCEPT);

	if (!accept || strstr(accept, "application/openmetrics-text") ||
	    !strstr(accept, "text/"))
		return OPENMETRICS;
	return PROMETHEUS;
}

static enum MHD_Result send_metrics(struct MHD_Connection *connection)
{
	enum format format = wanted(connection);
	struct MHD_Response *response;
	size_t len;
	char *text = metrics_text(format, &len);

	if (!text)
		return send_error(connection, MHD_HTTP_INTERNAL_SERVER_ERROR,
				  "out of memory\n");
	response = MHD_create_response_from_buffer(len, text,
						   MHD_RESPMEM_MUST_FREE);
	if (!response) {
		free(text);
		return MHD_NO;
	}
	MHD_add_response_header(response, MHD_HTTP_HEADER_VARY,
				MHD_HTTP_HEADER_ACCEPT);
	return send_response(connection, MHD_HTTP_OK,
			     format == OPENMETRICS ? openmetrics_type :
						     prometheus_type, response);
}

static enum MHD_Result answer(void *arg, struct MHD_Connection *connection,
			      const char *url, const char *method,
			      const char *version, const char *upload,
			      size_t *upload_size, void **state)
{
	(void)arg;
	(void)version;
	(void)upload;
	(void)upload_size;
	(void)state;
	if (strcmp(method, MHD_HTTP_METHOD_GET) &&
	    strcmp(method, MHD_HTTP_METHOD_HEAD))
		return send_error(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
				  "only GET and HEAD\n");
	if (!strcmp(url, "/metrics"))
		return send_metrics(connection);
	if (!strcmp(url, "/"))
		return send_fixed(connection, MHD_HTTP_OK,
				  "text/html; charset=utf-8", page);
	return send_error(connection, MHD_HTTP_NOT_FOUND,
			  "not found; see /metrics\n");
}

static int try_listen(const struct addrinfo *ai)
{
	int fd = socket(ai->ai_family, ai->ai_socktype | SOCK_CLOEXEC,
			ai->ai_protocol);
	int on = 1, off = 0;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (ai->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (!bind(fd, ai->ai_addr, ai->ai_addrlen) && !listen(fd, SOMAXCONN))
		return fd;
	close(fd);
	return -1;
}

static int listen_at(const char *host, const char *port, bool must)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *list, *ai;
	int ret = getaddrinfo(host, port, &hints, &list), fd = -1;

	if (ret && must)
		errx(1, "%s: %s", host, gai_strerror(ret));
	if (ret)
		return -1;
	for (ai = list; ai && fd < 0; ai = ai->ai_next)
		fd = try_listen(ai);
	freeaddrinfo(list);
	return fd;
}

/* "HOST:PORT", "[IPV6]:PORT", or ":PORT" for all of this machine's addresses. */
static int listen_on(const char *address)
{
	char *copy = strdup(address), *host = copy, *port;
	uint64_t number;
	int fd;

	port = copy ? strrchr(copy, ':') : NULL;
	/* getaddrinfo() takes anything. */
	if (!port || !parse_number(port + 1, 0, &number) || !number ||
	    number > UINT16_MAX)
		errx(2, "not HOST:PORT: '%s'", address);
	*port++ = 0;
	if (*host == '[' && port - host > 2 && port[-2] == ']') {
		host++;
		port[-2] = 0;
	}
	/* IPv6's "all" has IPv4's in it, where there is IPv6. */
	fd = *host ? -1 : listen_at("::", port, false);
	if (fd < 0)
		fd = listen_at(*host ? host : "0.0.0.0", port, true);
	free(copy);
	return fd;
}

static void log_nothing(void *arg, const char *fmt, va_list ap)
{
	/* What it says is about clients that go away. */
	(void)arg;
	(void)fmt;
	(void)ap;
}

/**
 * http_start() - begin to answer, in a thread
 * @address: where to listen
 *
 * Return: false, after a message, if that fails.
 */
bool http_start(const char *address)
{
	int fd = listen_on(address);

	if (fd < 0) {
		warn("cannot listen on %s", address);
		return false;
	}
	server = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD |
				  MHD_USE_AUTO | MHD_USE_ERROR_LOG, 0, NULL,
				  NULL, answer, NULL,
				  MHD_OPTION_EXTERNAL_LOGGER, log_nothing, NULL,
				  MHD_OPTION_LISTEN_SOCKET, fd,
				  MHD_OPTION_CONNECTION_LIMIT, MAX_CONNECTIONS,
				  MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S,
				  MHD_OPTION_END);
	if (!server) {
		warnx("cannot start the web server");
		close(fd);
	}
	return server;
}

void http_stop(void)
{
	MHD_stop_daemon(server);
}
