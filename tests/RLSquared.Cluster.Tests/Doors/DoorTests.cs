using System.Net.Sockets;
using RLSquared.Cluster.Doors;

namespace RLSquared.Cluster.Tests.Doors;

/// <summary>What a training answers to callers that do not belong to it.</summary>
public sealed class DoorTests : IDisposable
{
    readonly SmallTraining training = new("bandits", "rl2");
    readonly InProcessCluster cluster;

    public DoorTests() => cluster = new InProcessCluster(
        training, options => options with { Secret = "the secret of this test"u8.ToArray() });

    public void Dispose()
    {
        cluster.Dispose();
        training.Dispose();
    }

    [Fact]
    public void A_caller_with_another_secret_or_none_learns_that_and_nothing_else()
    {
        foreach (byte[] secret in (byte[][])[[], [.. new byte[32]]])
        {
            Assert.Equal(Handshake.OtherSecret, Assert.Throws<ClusterException>(
                () => Ask(Errand.Status, cluster.Options with { Secret = secret })).Message);
            Task<bool> worker = cluster.Begin("a", options: cluster.Options with { Secret = secret });
            Assert.Equal(Handshake.OtherSecret, Assert.Throws<AggregateException>(
                () => worker.Wait(Deadline.Far)).InnerException!.Message);
        }
        Assert.Equal(0, cluster.Coordinator.Workers);
    }

    // It plays the first step by the rules, and then proves nothing.
    [Fact]
    public void A_caller_that_does_not_know_the_secret_gets_no_answer()
    {
        using var client = new TcpClient { ReceiveTimeout = Deadline.FarMilliseconds };
        client.Connect(cluster.Options.Address);
        NetworkStream stream = client.GetStream();
        stream.Write([.. "RL2C"u8, 1, .. new byte[32]]);
        stream.ReadExactly(new byte[64]);
        byte[] hello = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(
            new Hello(Errand.Status, "", Build.Current), DoorJson.Default.Hello);
        stream.Write([.. new byte[32], .. BitConverter.GetBytes(hello.Length), .. hello]);
        Assert.Equal(0, ReadOrReset(stream));
    }

    [Fact]
    public void A_worker_of_another_build_is_refused_by_name()
    {
        Build other = Build.Current with { Version = "0.0.9+abc" };
        foreach (Errand errand in (Errand[])[Errand.Join, Errand.Silo])
        {
            Answer answer = DoorCaller.AskAsync(cluster.Options, new Hello(errand, "b", other), default).Result;
            Assert.StartsWith("worker 'b' is RLSquared 0.0.9+abc", answer.Refusal, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_name_that_another_worker_has_or_is_just_taking_is_refused()
    {
        cluster.Join("a");
        Assert.StartsWith("there is a worker 'a' already, at 127.0.0.1:", Ask(Errand.Join, name: "a").Refusal,
            StringComparison.Ordinal);
        Assert.Null(Ask(Errand.Join, name: "b").Refusal);
        Assert.Equal("there is a worker 'b' already, which is just joining; give this one another name with --name",
            Ask(Errand.Join, name: "b").Refusal);
    }

    // Its first answer may have been lost.
    [Fact]
    public void A_worker_that_asks_once_more_is_let_in_and_another_of_its_name_is_not()
    {
        foreach (int _ in (int[])[1, 2])
            Assert.Null(Asked("one").Refusal);
        Assert.Equal("there is a worker 'a' already, which is just joining; give this one another name with --name",
            Asked("two").Refusal);

        Answer Asked(string asker) => DoorCaller.AskAsync(
            cluster.Options, new Hello(Errand.Join, "a", Build.Current) { Asker = asker }, default).Result;
    }

    [Fact]
    public void A_worker_that_is_not_there_cannot_be_drained()
    {
        Assert.Equal("there is no worker 'a'; there is none at all", Ask(Errand.Drain, name: "a").Refusal);
        cluster.Join("alpha");
        Assert.Equal("there is no worker 'alhpa'; did you mean 'alpha'?", Ask(Errand.Drain, name: "alhpa").Refusal);
        Assert.Equal("there is no worker 'zz'; there are alpha", Ask(Errand.Drain, name: "zz").Refusal);
    }

    // Silent from the start, in the midst of the handshake, or with another protocol: none of them stays open.
    [Theory]
    [InlineData("")]
    [InlineData("RL2C")]
    [InlineData("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n_____________________________")]
    public void A_connection_that_says_nothing_or_something_else_is_closed(string said)
    {
        using var client = new TcpClient();
        client.Connect(cluster.Options.Address);
        client.GetStream().Write(System.Text.Encoding.ASCII.GetBytes(said));
        client.ReceiveTimeout = Deadline.FarMilliseconds;
        Assert.Equal(0, ReadOrReset(client.GetStream()));
    }

    [Fact]
    public void An_address_where_nothing_or_something_else_listens_is_told_apart()
    {
        var empty = cluster.Options with
        {
            Address = new(cluster.Options.Address.Address, InProcessCluster.FreePort()),
        };
        Assert.StartsWith($"no training answers at {empty.Address}: ",
            Assert.Throws<NotThereException>(() => Ask(Errand.Status, empty)).Message, StringComparison.Ordinal);

        using var silent = new TcpListener(empty.Address);
        silent.Start();
        Task accepted = silent.AcceptTcpClientAsync().ContinueWith(
            accepted => accepted.Result.Dispose(), TaskScheduler.Default);
        Assert.StartsWith($"{empty.Address} hung up: ",
            Assert.Throws<HungUpException>(() => Ask(Errand.Status, empty)).Message, StringComparison.Ordinal);
        Assert.True(accepted.Wait(Deadline.Far));
    }

    static int ReadOrReset(NetworkStream stream)
    {
        try
        {
            return stream.Read(new byte[100]);
        }
        catch (IOException failure) when (failure.InnerException is SocketException
        {
            SocketErrorCode: SocketError.ConnectionReset
        })
        {
            return 0;
        }
    }

    Answer Ask(Errand errand, ClusterOptions? options = null, string name = "") => DoorCaller.AskAsync(
        options ?? cluster.Options, new Hello(errand, name, Build.Current), default).GetAwaiter().GetResult();
}
