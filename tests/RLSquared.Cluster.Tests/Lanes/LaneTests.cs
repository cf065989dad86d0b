using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using RLSquared.Cluster.Doors;
using RLSquared.Cluster.Lanes;
using RLSquared.Cluster.Messages;

namespace RLSquared.Cluster.Tests.Lanes;

public sealed class LaneTests : IDisposable
{
    static readonly ClusterOptions options = new()
    {
        Address = new IPEndPoint(IPAddress.Loopback, 1),
        Secret = "the secret of this test"u8.ToArray(),
    };

    readonly Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public LaneTests()
    {
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
    }

    IPEndPoint Address => (IPEndPoint)listener.LocalEndPoint!;

    public void Dispose() => listener.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_request_and_its_reply_arrive_as_they_were_sent(bool encrypted)
    {
        using X509Certificate2? certificate = encrypted ? ClusterOptionsTests.Certificate() : null;
        (Lane training, Lane worker) = Pair(options with { Certificate = certificate });
        using (training)
        using (worker)
        {
            byte[] large = [.. Enumerable.Range(0, 3_000_000).Select(i => (byte)(i * 7))];
            var asked = new ShardRequest(2, [3, 5], [7, 8, 9], [large, null, Array.Empty<byte>()]);
            Task sending = Task.Run(() => asked.Write(training));

            ShardRequest heard = ShardRequest.Read(worker, []);
            sending.Wait();
            Assert.Equal(2, heard.Phase);
            Assert.Equal([3, 5], heard.Shards);
            Assert.Equal([7, 8, 9], heard.Versions);
            Assert.Equal(large, heard.Contents[0]!.Value.ToArray());
            Assert.Null(heard.Contents[1]);
            Assert.Equal(0, heard.Contents[2]!.Value.Length);

            byte[] message = [.. new byte[ShardReply.Head], .. "result"u8];
            ShardReply.WriteHead(message, 5, 0.25);
            worker.Write(message);
            ShardReply.WriteFailure(worker, "no memory");
            byte[] memory = [];
            (int shard, double seconds, ReadOnlyMemory<byte> bytes) = ShardReply.Read(training, ref memory);
            Assert.Equal((5, 0.25), (shard, seconds));
            Assert.Equal("result"u8.ToArray(), bytes.ToArray());
            (shard, _, bytes) = ShardReply.Read(training, ref memory);
            Assert.Equal(ShardReply.Failure, shard);
            Assert.Equal("no memory"u8.ToArray(), bytes.ToArray());
        }
    }

    [Fact]
    public void Reading_ends_at_the_deadline_when_the_other_side_ends_and_when_it_is_told_to()
    {
        (Lane training, Lane worker) = Pair(options);
        using (training)
        {
            training.Deadline = Stopwatch.GetTimestamp() + Stopwatch.Frequency / 5;
            var waited = Stopwatch.StartNew();
            Assert.Throws<TimeoutException>(() => training.Read(new byte[1]));
            Assert.InRange(waited.Elapsed.TotalSeconds, 0.1, 5);
            Assert.True(training.IsBroken);
        }
        Assert.Throws<IOException>(() => worker.Read(new byte[1]));
        worker.Dispose();

        (training, worker) = Pair(options);
        Task told = Task.Delay(100).ContinueWith(_ => training.Abort(), TaskScheduler.Default);
        Assert.Throws<IOException>(() => training.Read(new byte[1]));
        told.Wait();
        training.Dispose();
        worker.Dispose();
    }

    // Its process is stopped, say: the machine takes some bytes for it, and then no more.
    [Fact]
    public void Sending_to_a_worker_that_takes_nothing_ends()
    {
        (Lane training, Lane worker) = Pair(options with { Patience = TimeSpan.FromSeconds(0.3) });
        using (worker)
        using (training)
            Assert.Throws<TimeoutException>(() => training.Write(new byte[64 << 20]));
        Assert.True(training.IsBroken);
    }

    [Fact]
    public void A_caller_without_the_secret_with_another_errand_or_of_another_training_gets_no_lane()
    {
        Assert.Equal(Handshake.OtherSecret, Refusal(options with { Secret = new byte[32] }, Hello(Errand.Shards)));
        Assert.Equal("its connection has ended", Refusal(options, Hello(Errand.Silo)));
        Assert.Equal("worker 'a' takes part in another training",
            Refusal(options, Hello(Errand.Shards), "worker 'a' takes part in another training"));
    }

    [Fact]
    public void A_caller_that_says_nothing_is_dismissed()
    {
        using var caller = new TcpClient();
        caller.Connect(Address);
        var waited = Stopwatch.StartNew();
        Assert.Null(Lane.Accept(listener.Accept(), options, _ => null));
        Assert.True(waited.Elapsed < Handshake.Limit + TimeSpan.FromSeconds(2));
    }

    [Fact]
    public void What_is_no_request_and_no_result_is_refused()
    {
        (Lane training, Lane worker) = Pair(options);
        training.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes<int>([0, -1, 2]));
        Assert.Throws<InvalidDataException>(() => ShardRequest.Read(worker, []));
        worker.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes<int>([1, -5, 0, 0]));
        byte[] memory = [];
        Assert.Throws<InvalidDataException>(() => ShardReply.Read(training, ref memory));
        training.Dispose();
        worker.Dispose();
    }

    string Refusal(ClusterOptions caller, Hello hello, string? complaint = null)
    {
        var accepting = Task.Run(() => Lane.Accept(listener.Accept(), options, _ => complaint));
        Exception failure = Assert.ThrowsAny<IOException>(() => Lane.Open(Address, caller, hello));
        Assert.Null(accepting.Result);
        return failure is ClusterException ? failure.Message : "its connection has ended";
    }

    (Lane Training, Lane Worker) Pair(ClusterOptions both)
    {
        var accepting = Task.Run(() => Lane.Accept(listener.Accept(), both, _ => null));
        var training = Lane.Open(Address, both, Hello(Errand.Shards));
        return (training, accepting.Result!);
    }

    static Hello Hello(Errand errand) => new(errand, "training", Build.Current);
}
