#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# java.sh: a JVM serves HTTP and fetches, with NIO
set -u
. "${TEST_TOP-.}/test/program/lib.sh"
have java java || plan
java --list-modules 2> /dev/null | grep -q jdk.compiler || {
	skip java "no compiler in this Java"
	plan
}

ip link set lo up
cat > Main.java <<'END'
import com.sun.net.httpserver.HttpServer;
import java.net.*;
import java.net.http.*;
import java.util.*;
import java.util.concurrent.*;

public class Main {
	public static void main(String[] a) throws Exception {
		HttpServer s = HttpServer.create(new InetSocketAddress("127.0.0.1", 9300), 0);
		s.setExecutor(Executors.newFixedThreadPool(4));
		s.createContext("/", e -> {
			byte[] b = e.getRequestBody().readAllBytes();
			e.sendResponseHeaders(200, b.length);
			e.getResponseBody().write(b);
			e.close();
		});
		s.start();
		HttpClient c = HttpClient.newHttpClient();
		byte[] body = new byte[100000];
		new Random(1).nextBytes(body);
		List<CompletableFuture<Boolean>> all = new ArrayList<>();
		for (int i = 0; i < 30; i++)
			all.add(c.sendAsync(HttpRequest.newBuilder(URI.create("http://127.0.0.1:9300/"))
				.POST(HttpRequest.BodyPublishers.ofByteArray(body)).build(),
				HttpResponse.BodyHandlers.ofByteArray())
				.thenApply(r -> Arrays.equals(r.body(), body)));
		for (CompletableFuture<Boolean> f : all)
			if (!f.get()) throw new Exception("differs");
		// A null pointer is a SIGSEGV that the JVM handles
		try { ((String) (a.length > 9 ? "" : null)).length(); } catch (NullPointerException e) { }
		System.out.println("fine");
		System.exit(0);
	}
}
END
LIMIT=25
check "HTTP both ways" java -Xint Main.java
plan
