using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text.Json;
using RLSquared.Cli.Serving;
using RLSquared.Language.Environments;

namespace RLSquared.Cli.Tests.Serving;

public sealed class EnvironmentServerTests : IDisposable
{
    readonly SokobanTask task = new();
    readonly EnvironmentServer server;

    public EnvironmentServerTests() => server = new EnvironmentServer(task, "boxes", port: 0, most: 2, seed: 1);

    public void Dispose() => server.Dispose();

    static CancellationToken Token => TestContext.Current.CancellationToken;

    Task<OpenEnvClient> Connect() => OpenEnvClient.Connect(server.Address.ToString(), cancellation: Token);

    [Fact]
    public async Task A_play_over_the_socket_is_the_play_of_the_environment()
    {
        using OpenEnvClient client = await Connect();
        TextEnvironment own = task.Create();
        own.Reset(11);
        OpenEnvObservation shown = await client.Reset(seed: 11, episode: "first", cancellation: Token);
        Assert.Null(shown.Reward);
        for (int step = 0; step < 30 && !shown.IsDone; step++)
        {
            Assert.Equal(own.Observation, shown.Observation.GetProperty("text").GetString());
            string action = own.OracleAction ?? "up";
            shown = await client.Step(action, cancellation: Token);
            Assert.Equal(own.Step(action).Reward, shown.Reward!.Value, 1e-6);
            Assert.Equal(new OpenEnvState("first", step + 1), await client.State(Token));
        }
        Assert.True(shown.IsDone && own.IsSolved);
    }

    [Fact]
    public void A_remote_environment_is_played_as_one_of_ours_and_its_copies_go_their_own_ways()
    {
        using var remote = new OpenEnvEnvironment(server.Address.ToString());
        TextEnvironment own = task.Create();
        remote.Reset(5);
        own.Reset(5);
        Assert.Equal(own.Step("up"), remote.Step("up"));
        Assert.Equal((own.Observation, own.AnchorKey), (remote.Observation, remote.AnchorKey));
        Assert.Equal(own.AdmissibleActions, remote.AdmissibleActions);
        using var copy = (OpenEnvEnvironment)remote.Clone();
        TextEnvironment other = own.Clone();
        Assert.Equal(other.Step("left"), copy.Step("left"));
        Assert.Equal(other.Observation, copy.Observation);
        Assert.Equal(own.Observation, remote.Observation);
        Assert.Equal(own.Step("down"), remote.Step("down"));
        Assert.False(remote.Step("fly").IsValid);
        Assert.Equal("up down fly", remote.Lesson);
    }

    [Fact]
    public async Task One_environment_more_than_allowed_is_refused_and_a_closed_one_makes_room()
    {
        using OpenEnvClient first = await Connect(), second = await Connect();
        await first.Reset(1, cancellation: Token);
        await second.Reset(1, cancellation: Token);
        using (OpenEnvClient third = await Connect())
        {
            IOException refused = await Assert.ThrowsAsync<IOException>(() => third.Reset(1, cancellation: Token));
            Assert.Contains("2 environments are in use, and that is the most; close one first (CAPACITY_REACHED)",
                refused.Message, StringComparison.Ordinal);
        }
        second.Dispose();
        for (int tries = 0; ; tries++)
        {
            using OpenEnvClient again = await Connect();
            try
            {
                await again.Reset(1, cancellation: Token);
                break;
            }
            catch (IOException) when (tries < 100)
            {
                await Task.Delay(50, Token);
            }
        }
    }

    [Fact]
    public async Task A_server_that_goes_away_and_a_refusal_are_one_sentence_each()
    {
        using OpenEnvClient client = await Connect();
        IOException early = await Assert.ThrowsAsync<IOException>(() => client.Step("up", cancellation: Token));
        Assert.EndsWith(
            "refused a step: the environment has not begun; send a reset first (EXECUTION_ERROR)", early.Message);
        await client.Reset(1, cancellation: Token);
        server.Dispose();
        IOException gone = await Assert.ThrowsAsync<IOException>(() => client.Step("up", cancellation: Token));
        Assert.EndsWith("has closed its connection in the middle of a step", gone.Message);
        IOException nobody = await Assert.ThrowsAsync<IOException>(Connect);
        Assert.StartsWith("no environment answers at ws://127.0.0.1:", nobody.Message);
    }

    [Fact]
    public async Task A_server_that_says_nothing_is_given_up()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        IOException silent = await Assert.ThrowsAsync<IOException>(() => OpenEnvClient.Connect(
            $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}", TimeSpan.FromSeconds(0.2), Token));
        Assert.StartsWith("no environment answers at ws://", silent.Message);
    }

    [Fact]
    public async Task Health_metadata_and_schema_are_asked_over_HTTP_and_other_sites_are_refused()
    {
        using var client = new HttpClient { BaseAddress = server.Address };
        Assert.Equal("""{"status":"healthy"}""", await client.GetStringAsync("health", Token));
        Assert.Contains("sokoban", await client.GetStringAsync("metadata", Token), StringComparison.Ordinal);
        JsonElement schema = JsonDocument.Parse(await client.GetStringAsync("schema", Token)).RootElement;
        Assert.Equal("string", schema.GetProperty("action").GetProperty("properties").GetProperty("message")
            .GetProperty("type").GetString());
        Assert.Equal((HttpStatusCode)426, (await client.GetAsync("ws", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("step", Token)).StatusCode);
        using var foreign = new ClientWebSocket();
        foreign.Options.SetRequestHeader("Sec-Fetch-Site", "cross-site");
        await Assert.ThrowsAsync<WebSocketException>(() => foreign.ConnectAsync(
            new UriBuilder(server.Address) { Scheme = "ws", Path = "/ws" }.Uri, Token));
    }
}
