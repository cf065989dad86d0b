using System.Net;
using System.Text.Json;
using RLSquared.Cli.Dashboard;
using RLSquared.Runs;

namespace RLSquared.Cli.Tests.Dashboard;

/// <summary>A dashboard of a command's folder on a free port, and someone who asks it.</summary>
sealed class Served : IDisposable
{
    readonly DashboardServer server;

    internal Served(CommandLine command, string? folder = null, Catalogues? catalogues = null)
    {
        server = DashboardServer.Start(folder ?? command.Folder, 0, catalogues ?? command.Catalogues);
        Client = new HttpClient { BaseAddress = server.Address, Timeout = Deadline.Far };
    }

    public HttpClient Client { get; }

    public Uri Address => server.Address;

    public void Dispose()
    {
        Client.Dispose();
        server.Dispose();
    }

    /// <summary>The object at an address, which must be one.</summary>
    public JsonElement Get(string path)
    {
        (HttpStatusCode status, JsonElement answer) = Ask(path);
        Assert.True(status == HttpStatusCode.OK, $"{path}: {status}, {answer}");
        return answer;
    }

    /// <summary>The status and the object at an address.</summary>
    public (HttpStatusCode Status, JsonElement Answer) Ask(string path)
    {
        using HttpResponseMessage response = Client.GetAsync(path).GetAwaiter().GetResult();
        string text = response.Content.ReadAsStringAsync().GetAwaiter().GetResult();
        return (response.StatusCode, JsonDocument.Parse(text).RootElement);
    }

    /// <summary>Requires that an address is refused with a status and one sentence.</summary>
    public void Refuses(string path, HttpStatusCode status, string message)
    {
        (HttpStatusCode found, JsonElement answer) = Ask(path);
        Assert.Contains(message, answer.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal(status, found);
    }

    /// <summary>The summary of a run.</summary>
    public JsonElement Run(string id) => Get("/api/runs").GetProperty("runs").EnumerateArray()
        .Single(run => run.GetProperty("id").GetString() == id);

    /// <summary>Looks until something is so; fails after four minutes.</summary>
    public static void Await(Func<bool> condition, string what)
    {
        for (DateTime end = DateTime.UtcNow + Deadline.Far; !condition(); Thread.Sleep(50))
            Assert.True(DateTime.UtcNow < end, $"four minutes went by, and not once {what}");
    }
}

/// <summary>The events of a dashboard, one after the other.</summary>
sealed class Events : IDisposable
{
    readonly HttpResponseMessage response;
    readonly StreamReader reader;

    public Events(Served served)
    {
        response = served.Client.GetAsync("/api/events", HttpCompletionOption.ResponseHeadersRead)
            .GetAwaiter().GetResult();
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        reader = new StreamReader(response.Content.ReadAsStream());
        reader.ReadLine();                                      // the time to wait before connecting again
    }

    /// <summary>The next event of a name for which something holds; fails after four minutes.</summary>
    public JsonElement Next(string name, Func<JsonElement, bool>? that = null)
    {
        using var limit = new CancellationTokenSource(Deadline.Far);
        string? current = null;
        while (true)
        {
            string? line = reader.ReadLineAsync(limit.Token).AsTask().GetAwaiter().GetResult();
            Assert.NotNull(line);
            if (line.StartsWith("event: ", StringComparison.Ordinal))
                current = line["event: ".Length..];
            if (!line.StartsWith("data: ", StringComparison.Ordinal) || current != name)
                continue;
            JsonElement data = JsonDocument.Parse(line["data: ".Length..]).RootElement;
            if (that is null || that(data))
                return data;
        }
    }

    public void Dispose()
    {
        reader.Dispose();
        response.Dispose();
    }
}
