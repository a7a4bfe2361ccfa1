#!/bin/sh
# cluster_programs.sh: real programs as one cluster. lib.sh says how to run it.
# shellcheck source=tests/progs/cluster.sh
. "${0%/*}/progs/cluster.sh"

# nginx and redis make themselves daemons; the third goes on in the background. All in here/, on sockets there.
three_programs() {
	command -v nginx >/dev/null && command -v redis-server >/dev/null || skip "no nginx, no redis-server"
	section <<-END
		start =
		    redis-server $PWD/here/redis.conf
		    background[ready=file:app.sock]:exec python3 $PWD/app.py
		    nginx -p $PWD/here -c $PWD/here/nginx.conf
		stop =
		    nginx -p $PWD/here -c $PWD/here/nginx.conf -s quit
		    pid:redis.pid
	END
	cat >here/redis.conf <<-END
		daemonize yes
		port 0
		unixsocket $PWD/here/redis.sock
		pidfile $PWD/here/redis.pid
		dir $PWD/here
		save ""
		logfile $PWD/here/redis.log
	END
	# shellcheck disable=SC2016 # nginx's own variables
	printf '%s\n' 'pid nginx.pid; error_log nginx.error.log; worker_processes 2;' \
		"$([ "$(id -u)" != 0 ] || echo 'user root;')" 'events { worker_connections 32; }' \
		"http { access_log off; client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3;" \
		"uwsgi_temp_path t4; scgi_temp_path t5;" \
		"server { listen unix:$PWD/here/nginx.sock;" \
		"location / { proxy_pass http://unix:$PWD/here/app.sock; } } }" \
		>here/nginx.conf
	cat >app.py <<-'END'
		import http.server, os, socketserver
		class Handler(http.server.BaseHTTPRequestHandler):
		    def do_GET(self):
		        self.send_response(200)
		        self.end_headers()
		        self.wfile.write(b"the app")
		    def address_string(self):
		        return "unix"
		if os.path.exists("app.sock"):
		    os.unlink("app.sock")
		socketserver.UnixStreamServer("app.sock", Handler).serve_forever()
	END
}

# Through nginx to the app.
ask() {
	python3 - "$PWD/here/nginx.sock" <<-'END' 2>/dev/null | grep -q 'the app'
		import socket, sys
		s = socket.socket(socket.AF_UNIX)
		s.connect(sys.argv[1])
		s.sendall(b"GET / HTTP/1.0\r\n\r\n")
		while True:
		    data = s.recv(4096)
		    if not data:
		        break
		    sys.stdout.buffer.write(data)
	END
}

expect_members() { # STATUS TEXT
	wait_until 30 eval '[ "$("$PROCGUARD" cluster -f "$PWD/cluster.cfg" status)" = "'"$2"'" ]'
	ours status
	expect_status "$1"
}

test_nginx_redis_and_python() {
	three_programs
	at_end_stop
	ours start
	expect_status 0
	expect_members 0 Running.
	ours status -v
	for name in redis-server python3 nginx; do
		grep -q "^$name  *[0-9]" out || fail "no $name: $(cat out)"
	done
	wait_until 30 ask
	wait_until 30 grep -q 'python3: .*"GET / HTTP/1.0" 200' cluster.log
	ours stop
	expect_status 0
	expect_nobody
	[ ! -e here/redis.pid ] || fail "redis' pid file is there"
}

test_each_of_them_is_missed_when_it_is_killed() {
	three_programs
	at_end_stop
	ours start
	expect_status 0
	for name in nginx redis-server python3; do
		expect_members $((left_ < 3 ? 150 : 0)) "$(echo "${said:-Running.}")"
		kill -9 "$(member_pid "$name")"
		left_=$((left_ - 1))
		said=$(printf 'Running.\n%s of 3 members.' "$left_")
		expect_members 150 "$said"
		wait_until 30 grep -q "cluster: $name (pid [0-9]*) ended: SIGKILL" cluster.log
	done
	ours stop # nginx -s quit has nobody to tell
	expect_status 1
	expect_nobody
	rm -f here/nginx.sock # it does not start while its own is there
	ours start
	expect_status 0
	expect_members 0 Running.
}

test_they_outlive_a_killed_daemon_and_are_ended_by_stop() {
	three_programs
	at_end_stop
	ours start
	expect_status 0
	kill -9 "$(daemon_pid)"
	wait_while 30 alive "$(daemon_pid)"
	ask || fail "nobody answers"
	ours status
	expect_status 1
	for name in redis-server python3 nginx; do
		grep -q "$name" out || fail "no $name: $(cat out)"
	done
	ours stop
	expect_status 0
	expect_nobody
}

left_=3
. "${0%/*}/lib.sh"
