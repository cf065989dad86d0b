using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using RLSquared.Cluster.Messages;
using RLSquared.Cluster.Snapshots;
using RLSquared.Tensors;

namespace RLSquared.Cluster.Tests.Snapshots;

/// <summary>Weights as files that never change, and how they come to another process.</summary>
public sealed class WeightTests : IDisposable
{
    readonly string folder = TemporaryFolder.Make();
    readonly ClusterOptions options = new()
    {
        Address = new IPEndPoint(IPAddress.Loopback, 1),
        Patience = TimeSpan.FromSeconds(5),
    };

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Weights_arrive_with_their_bits_and_those_that_stay_go_apart()
    {
        using ParameterSet from = Model(1), to = Model(2);
        from.Groups[0].Frozen = to.Groups[0].Frozen = true;
        (WeightName still, string stillPath) = Write(from, still: true, 0);
        (WeightName moving, string movingPath) = Write(from, still: false, 7);

        WeightFile.Read(movingPath, moving, to, still: false);
        Assert.Equal(from.All[1].Value.ToArray(), to.All[1].Value.ToArray());
        Assert.NotEqual(from.All[0].Value.ToArray(), to.All[0].Value.ToArray());
        WeightFile.Read(stillPath, still, to, still: true);
        Assert.Equal(from.All[0].Value.ToArray(), to.All[0].Value.ToArray());
        Assert.Equal(new FileInfo(movingPath).Length, moving.Bytes);
        Assert.StartsWith("7-", moving.ToString(), StringComparison.Ordinal);
        // An adapter alone is much less than all.
        Assert.True(moving.Bytes < still.Bytes);
    }

    [Fact]
    public void Weights_of_another_model_or_version_and_other_bytes_are_refused_and_nothing_is_written()
    {
        using ParameterSet from = Model(1), to = Model(2), other = new();
        other.Add("a.w", new Shape(30, 20));
        other.Add("b.x", new Shape(3));
        (WeightName name, string path) = Write(from, still: false, 7);
        float[] before = to.All[0].Value.ToArray();

        Assert.Equal("weights of version 7 are of another model than the worker's; use the same build, options and " +
            "folder of a model on both sides", Refusal(path, name, other));
        Assert.Equal("weights of version 7 were sent as version 8", Refusal(path, name with { Version = 8 }, to));
        byte[] bytes = File.ReadAllBytes(path);
        bytes[^1] ^= 1;
        File.WriteAllBytes(path, bytes);
        Assert.Equal("weights of version 7 came with other bytes than their name says", Refusal(path, name, to));
        byte[] none = new byte[100];
        File.WriteAllBytes(path, none);
        Assert.Equal("weights of version 7 are no file of weights",
            Refusal(path, name with { Hash = Convert.ToHexStringLower(SHA256.HashData(none)) }, to));
        Assert.Equal(before, to.All[0].Value.ToArray());
    }

    [Fact]
    public void Only_the_newest_weights_are_written_and_the_last_few_can_be_fetched()
    {
        using ParameterSet model = Model(1);
        using var store = new WeightStore();
        Publish(store, model, 1);
        Publish(store, model, 2);
        Thread.Sleep(50);
        Assert.Null(store.Newest);                                          // nobody wants them

        store.IsWanted = true;
        InProcessCluster.WaitFor(() => store.Newest?.Moving.Version == 2);
        WeightName second = store.Newest!.Moving;
        Assert.NotNull(store.Find(second.ToString()));
        Assert.Null(store.Find(second + "x"));
        for (int version = 3; version < 8; version++)
        {
            Publish(store, model, version);
            InProcessCluster.WaitFor(() => store.Newest!.Moving.Version == version);
        }
        InProcessCluster.WaitFor(() => store.Find(second.ToString()) is null);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_file_is_fetched_over_http_whole_or_from_where_it_broke_off(bool encrypted)
    {
        using X509Certificate2? certificate = encrypted ? ClusterOptionsTests.Certificate() : null;
        ClusterOptions both = options with { Secret = new byte[32], Certificate = certificate };
        using ParameterSet model = Model(1);
        using var store = new WeightStore { IsWanted = true };
        using WeightServer server = WeightServer.Start(IPAddress.Loopback, both, store, "t");
        Publish(store, model, 1);
        InProcessCluster.WaitFor(() => store.Newest is not null);
        WeightName name = store.Newest!.Moving;
        byte[] whole = File.ReadAllBytes(store.Find(name.ToString())!);
        using var fetcher = new WeightFetcher(new IPEndPoint(IPAddress.Loopback, server.Port), both, "t");

        string path = Path.Combine(folder, "w");
        Assert.True(await fetcher.FetchAsync(name, path, default));
        Assert.Equal(whole, File.ReadAllBytes(path));
        Assert.Equal(whole.Length, fetcher.Fetched);
        File.WriteAllBytes(path, whole[..1000]);
        Assert.True(await fetcher.FetchAsync(name, path, default));
        Assert.Equal(whole, File.ReadAllBytes(path));
        Assert.Equal(2 * whole.Length - 1000, fetcher.Fetched);             // the rest alone came again
        Assert.False(await fetcher.FetchAsync(name with { Version = 9 }, path + "9", default));
    }

    [Fact]
    public async Task Who_has_another_secret_or_training_gets_no_weights()
    {
        ClusterOptions known = options with { Secret = new byte[32] };
        using ParameterSet model = Model(1);
        using var store = new WeightStore { IsWanted = true };
        using WeightServer server = WeightServer.Start(IPAddress.Loopback, known, store, "t");
        Publish(store, model, 1);
        InProcessCluster.WaitFor(() => store.Newest is not null);
        WeightName name = store.Newest!.Moving;
        var place = new IPEndPoint(IPAddress.Loopback, server.Port);
        using var other = new WeightFetcher(place, options with { Secret = "another secret"u8.ToArray() }, "t");
        using var wrong = new WeightFetcher(place, known, "u");
        using var plain = new HttpClient();

        foreach (WeightFetcher fetcher in (WeightFetcher[])[other, wrong])
        {
            Assert.StartsWith("the cluster has another secret", (await Assert.ThrowsAsync<ClusterException>(
                () => fetcher.FetchAsync(name, Path.Combine(folder, "w"), default))).Message,
                StringComparison.Ordinal);
        }
        Assert.Equal(HttpStatusCode.Forbidden,
            (await plain.GetAsync(new Uri($"http://{place}/weights/{name}"))).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await plain.GetAsync(new Uri($"http://{place}/"))).StatusCode);
    }

    // It answers, sends a part, and hangs up: the next request asks for the rest.
    [Fact]
    public async Task A_connection_that_breaks_costs_no_byte_that_has_come()
    {
        byte[] whole = RandomNumberGenerator.GetBytes(5000);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        List<string> asked = [];
        _ = Task.Run(async () =>
        {
            for (int from = 0; from < whole.Length;)
            {
                using TcpClient caller = await listener.AcceptTcpClientAsync();
                NetworkStream stream = caller.GetStream();
                byte[] request = new byte[4096];
                int length = await stream.ReadAsync(request);
                asked.Add(System.Text.Encoding.ASCII.GetString(request, 0, length));
                string head = from == 0 ? "200 OK" : "206 Partial Content";
                await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(
                    $"HTTP/1.1 {head}\r\nContent-Length: {whole.Length - from}\r\n\r\n"));
                int next = Math.Min(whole.Length, from + 2000);
                await stream.WriteAsync(whole.AsMemory(from, next - from));
                from = next;
            }
        });
        using var fetcher = new WeightFetcher((IPEndPoint)listener.LocalEndpoint, options, "t");
        string path = Path.Combine(folder, "w");
        Assert.True(await fetcher.FetchAsync(new WeightName(1, "", whole.Length), path, default));
        Assert.Equal(whole, File.ReadAllBytes(path));
        Assert.Equal(whole.Length, fetcher.Fetched);
        Assert.Contains("Range: bytes=4000-", asked[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_training_that_is_gone_is_said_in_one_sentence()
    {
        using var fetcher = new WeightFetcher(
            new IPEndPoint(IPAddress.Loopback, InProcessCluster.FreePort()), options, "t");
        Assert.StartsWith("weights of version 3 cannot be fetched: ", (await Assert.ThrowsAsync<ClusterException>(() =>
            fetcher.FetchAsync(new WeightName(3, "", 10), Path.Combine(folder, "w"), default))).Message,
            StringComparison.Ordinal);
    }

    static ParameterSet Model(int seed)
    {
        var random = new Random(seed);
        var made = new ParameterSet();
        foreach ((string name, Shape shape) in ((string, Shape)[])[("a.w", new Shape(30, 20)), ("b.w", new Shape(7))])
        {
            made.Add(name, shape).Value.CopyFrom(
                [.. Enumerable.Range(0, (int)shape.Count).Select(_ => random.NextSingle())]);
        }
        return made;
    }

    (WeightName, string) Write(ParameterSet model, bool still, int version)
    {
        string path = Path.Combine(folder, $"{version}");
        using WeightSnapshot snapshot = model.Snapshot();
        return (WeightFile.Write(path, snapshot, still, version), path);
    }

    static void Publish(WeightStore store, ParameterSet model, int version)
    {
        using WeightSnapshot snapshot = model.Snapshot();
        store.Publish(snapshot, version);
    }

    static string Refusal(string path, WeightName name, ParameterSet model) =>
        Assert.Throws<InvalidDataException>(() => WeightFile.Read(path, name, model, still: false)).Message;
}
