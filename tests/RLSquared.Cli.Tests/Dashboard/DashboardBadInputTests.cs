using System.Net;
using System.Net.Sockets;
using System.Text;
using RLSquared.Cli.Dashboard;

namespace RLSquared.Cli.Tests.Dashboard;

/// <summary>What the dashboard refuses, on the command line and as a server.</summary>
public sealed class DashboardBadInputTests : IDisposable
{
    readonly CommandLine command = new();

    public void Dispose() => command.Dispose();

    // ---- the command -----------------------------------------------------------------------------------------------

    [Fact]
    public void A_port_in_use_names_a_way_out()
    {
        using var served = new Served(command);
        int port = served.Address.Port;
        command.Run(interrupted: true, "dashboard", command.Folder, "--port", $"{port}").Fails(
            1, $"port {port} is in use, perhaps by another dashboard (http://127.0.0.1:{port}/); " +
            "name another with --port, or --port 0 for any that is free");
    }

    [Fact]
    public void A_folder_that_is_not_there_or_is_a_file_is_wrong_usage()
    {
        command.Run("dashboard", command.At("nowhere")).Fails(
            2, $"there is no folder {command.At("nowhere")}; name the folder of your runs, or train one: rl2 train");
        File.WriteAllText(command.At("file"), "dear");
        command.Run("dashboard", command.At("file")).Fails(2, $"{command.At("file")} is a file; name the folder");
    }

    [Theory]
    [InlineData("--port must be from 0 to 65535, but is 70000", "--port", "70000")]
    [InlineData("--port must be a whole number of 0 or more, but is '-1'", "--port", "-1")]
    [InlineData("rl2 dashboard has no option '--prot'; did you mean '--port'?", "--prot", "1")]
    public void Options_that_cannot_be_are_wrong_usage(string message, params string[] args) =>
        command.Run(["dashboard", command.Folder, .. args]).Fails(2, message);

    [Fact]
    public void The_address_is_all_that_goes_to_standard_output_and_an_interrupt_is_the_regular_end()
    {
        command.Train("run", 100);
        Result text = command.Run(interrupted: true, "dashboard", command.Folder, "--port", "0");
        Assert.Equal(0, text.Code);
        Assert.Matches(@"^http://127\.0\.0\.1:\d+/\s*$", text.Output);
        Assert.StartsWith($"1 run in {command.Folder}; ", text.Error, StringComparison.Ordinal);
        Result json = command.Run(interrupted: true, "dashboard", command.Folder, "--port", "0", "--json", "--quiet");
        Assert.Equal((0, ""), (json.Code, json.Error));
        Assert.Matches(@"^http://127\.0\.0\.1:\d+/$", json.Json.GetProperty("address").GetString());
        Assert.Equal(command.Folder, json.Json.GetProperty("folder").GetString());
        Assert.Equal(1, json.Json.GetProperty("runs").GetInt32());
    }

    [Fact]
    public void The_usual_folder_may_come_later()
    {
        Result result = command.Run(interrupted: true, "dashboard", "--port", "0");
        Assert.Equal(0, result.Code);
        Assert.StartsWith($"0 runs in {command.At("runs")}; ", result.Error, StringComparison.Ordinal);
        using var served = new Served(command, command.At("runs"));
        Assert.Equal(0, served.Get("/api/runs").GetProperty("runs").GetArrayLength());
        command.Train(Path.Combine("runs", "run"), 100);
        Served.Await(() => served.Get("/api/runs").GetProperty("runs").GetArrayLength() == 1, "the run was there");
    }

    // ---- requests --------------------------------------------------------------------------------------------------

    [Theory]
    [InlineData("/api/run?id=nowhere", 404, "there is no run 'nowhere' below ")]
    [InlineData("/api/run?id=..", 404, "there is no run '..' below ")]
    [InlineData("/api/run?id=../../etc/passwd", 404, "there is no run '../../etc/passwd' below ")]
    [InlineData("/api/run?id=run/../run", 404, "there is no run 'run/../run' below ")]
    [InlineData("/api/metrics?id=/etc", 404, "there is no run '/etc' below ")]
    [InlineData("/api/replay?id=run%00", 404, "there is no run ")]
    [InlineData("/api/run", 400, "say which run: ?id=…")]
    [InlineData("/api/replay?id=run&trial=0", 400, "trial must be at least 1, but is 0")]
    [InlineData("/api/replay?id=run&trial=many", 400, "trial must be a whole number, but is 'many'")]
    [InlineData("/api/replay?id=run&seed=-1", 400, "seed must be a whole number, but is '-1'")]
    [InlineData("/api/replay?id=run&checkpoint=../x", 400, "'../x' is neither last nor best")]
    [InlineData("/api/nothing", 404, "there is nothing at /api/nothing")]
    [InlineData("/none.js", 404, "there is no page /none.js")]
    public void What_is_not_there_or_cannot_be_is_refused(string path, int status, string message)
    {
        command.Train("run", 100);
        using var served = new Served(command);
        served.Refuses(path, (HttpStatusCode)status, message);
    }

    // HttpClient would tidy these paths up itself, so they go over the wire as they stand here.
    [Theory]
    [InlineData("/../../../../etc/passwd")]
    [InlineData("/%2e%2e/%2e%2e/etc/passwd")]
    [InlineData("/vendor/..%2f..%2fconfig.json")]
    [InlineData("/vendor/..\\..\\config.json")]
    [InlineData("//etc/passwd")]
    public void No_path_leads_out_of_the_page(string path)
    {
        using var served = new Served(command);
        Assert.Matches("^HTTP/1.1 40[04] ", Send(served, $"GET {path} HTTP/1.1\r\nHost: localhost\r\n"));
    }

    [Theory]
    [InlineData("localhost", 200)]
    [InlineData("127.0.0.1", 200)]
    [InlineData("localhost:9999", 200)]                 // through a tunnel the port may be another one
    [InlineData("[::1]:80", 200)]
    [InlineData("evil.example", 403)]
    [InlineData("127.0.0.1.evil.example", 403)]
    [InlineData("localhost.evil.example:6200", 403)]
    [InlineData("10.0.0.7", 403)]
    [InlineData("", 403)]
    public void Only_names_of_this_machine_are_answered(string host, int status)
    {
        using var served = new Served(command);
        foreach (string path in new[] { "/", "/api/runs" })
        {
            string answer = Send(served, $"GET {path} HTTP/1.1\r\nHost: {host}\r\n");
            Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
            if (status == 403)
                Assert.Contains("open it as localhost or 127.0.0.1", answer, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Other_sites_and_other_methods_are_refused()
    {
        using var served = new Served(command);
        foreach (string site in new[] { "cross-site", "same-site" })
        {
            foreach (string mode in new[] { "no-cors", "cors", "navigate" })
            {
                foreach (string path in new[] { "/", "/api/runs", "/api/replay?id=run", "/api/events", "/main.js" })
                {
                    int status = path == "/" && mode == "navigate" ? 200 : 403;
                    string answer = Send(served, $"GET {path} HTTP/1.1\r\nHost: localhost\r\n" +
                        $"Sec-Fetch-Site: {site}\r\nSec-Fetch-Mode: {mode}\r\n");
                    Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
                }
            }
        }
        foreach (string site in new[] { "same-origin", "none" })
        {
            string answer = Send(served, $"GET /api/runs HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: {site}\r\n");
            Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        }
        foreach (string method in new[] { "POST", "PUT", "DELETE" })
        {
            string answer = Send(served, $"{method} /api/runs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n");
            Assert.StartsWith("HTTP/1.1 405 ", answer, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void One_page_too_many_is_told_so_and_finds_room_when_another_is_closed()
    {
        using var served = new Served(command);
        List<Events> pages = [.. Enumerable.Range(0, RunWatch.MostSubscribers).Select(_ => new Events(served))];
        served.Refuses("/api/events", HttpStatusCode.ServiceUnavailable, "16 pages are open already; close one");
        pages[0].Dispose();
        command.Train("run", 100);                      // who has gone is noticed when there is something to tell
        Served.Await(() =>
        {
            try
            {
                pages[0] = new Events(served);
                return true;
            }
            catch (Xunit.Sdk.XunitException)
            {
                return false;                           // no room yet
            }
        }, "there was room");
        pages.ForEach(page => page.Dispose());
    }

    [Fact]
    public void Connections_that_ask_for_nothing_keep_nobody_waiting()
    {
        using var served = new Served(command);
        List<TcpClient> idle =
            [.. Enumerable.Range(0, 100).Select(_ => new TcpClient("127.0.0.1", served.Address.Port))];
        Assert.StartsWith("HTTP/1.1 200 ", Send(served, "GET / HTTP/1.1\r\nHost: localhost\r\n"),
            StringComparison.Ordinal);
        idle.ForEach(connection => connection.Dispose());
    }

    // A request and the whole answer.
    static string Send(Served served, string head)
    {
        using var socket = new TcpClient("127.0.0.1", served.Address.Port);
        using NetworkStream stream = socket.GetStream();
        stream.ReadTimeout = Deadline.FarMilliseconds;
        stream.Write(Encoding.ASCII.GetBytes(head + "Connection: close\r\n\r\n"));
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
