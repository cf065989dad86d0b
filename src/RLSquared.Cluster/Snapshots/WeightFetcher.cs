using System.Net;
using System.Net.Http.Headers;
using RLSquared.Cluster.Doors;
using RLSquared.Cluster.Messages;

namespace RLSquared.Cluster.Snapshots;

/// <summary>Fetches files of weights from a training, and goes on where a connection broke.</summary>
internal sealed class WeightFetcher : IDisposable
{
    const int Tries = 4;                                    // without a byte between

    static readonly TimeSpan pause = TimeSpan.FromSeconds(0.2);

    readonly HttpClient client;
    readonly ClusterOptions options;
    readonly string training;

    /// <summary>Opens nothing yet.</summary>
    /// <param name="server">Where the training gives them.</param>
    /// <param name="options">With what secret and certificate; a wait for bytes lasts as long as its patience.</param>
    /// <param name="training">The number of the training.</param>
    public WeightFetcher(IPEndPoint server, ClusterOptions options, string training)
    {
        (this.options, this.training) = (options, training);
        var handler = new SocketsHttpHandler { ConnectTimeout = Handshake.Limit, UseProxy = false };
        if (options.Certificate is { } certificate)
            handler.SslOptions = ClusterTls.ForCaller(certificate);
        client = new HttpClient(handler)
        {
            BaseAddress = new Uri($"{(options.Certificate is null ? "http" : "https")}://{server}/"),
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>Bytes that have come so far.</summary>
    public long Fetched { get; private set; }

    /// <summary>Fetches a file.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="path">Where it goes; what is there already is taken for its beginning.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Whether the training has it still; it keeps the newest few.</returns>
    /// <exception cref="ClusterException">It cannot be fetched; the message says why.</exception>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    public async Task<bool> FetchAsync(WeightName name, string path, CancellationToken cancellation)
    {
        for (int tried = 1; ; tried++)
        {
            long before = Fetched;
            try
            {
                return await FetchOnceAsync(name, path, cancellation);
            }
            catch (Exception failure) when (!cancellation.IsCancellationRequested
                && failure is HttpRequestException or IOException or OperationCanceledException
                && failure is not ClusterException)
            {
                tried = Fetched > before ? 0 : tried;
                if (tried == Tries)
                {
                    throw new ClusterException($"weights of version {name.Version} cannot be fetched: " +
                        failure.GetBaseException().Message, failure);
                }
            }
            await Task.Delay(pause, cancellation);
        }
    }

    async Task<bool> FetchOnceAsync(WeightName name, string path, CancellationToken cancellation)
    {
        await using FileStream file = new(path, FileMode.OpenOrCreate, FileAccess.Write);
        long there = file.Seek(0, SeekOrigin.End);
        if (there == name.Bytes)
            return true;
        using var request = new HttpRequestMessage(HttpMethod.Get, $"weights/{name}");
        request.Headers.TryAddWithoutValidation(
            "Authorization", WeightServer.Proof(options.Secret, training, name.ToString()));
        if (there > 0)
            request.Headers.Range = new RangeHeaderValue(there, null);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(options.Patience);
        using HttpResponseMessage answer = await client.SendAsync(
            request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        if (answer.StatusCode == HttpStatusCode.NotFound)
            return false;
        if (answer.StatusCode == HttpStatusCode.Forbidden)
            throw new ClusterException(Handshake.OtherSecret);
        answer.EnsureSuccessStatusCode();
        if (there > 0 && answer.StatusCode != HttpStatusCode.PartialContent)
            file.SetLength(0);
        await using Stream content = await answer.Content.ReadAsStreamAsync(limit.Token);
        byte[] bytes = new byte[1 << 16];
        while (await content.ReadAsync(bytes, limit.Token) is > 0 and var count)
        {
            Fetched += count;
            await file.WriteAsync(bytes.AsMemory(0, count), cancellation);
            limit.CancelAfter(options.Patience);
        }
        return true;
    }

    /// <summary>Ends what is being fetched.</summary>
    public void Dispose() => client.Dispose();
}
