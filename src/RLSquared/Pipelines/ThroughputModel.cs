namespace RLSquared.Pipelines;

/// <summary>
/// How many tokens a second a pipeline of generation and training comes to, and how old they are (Piché et al. 2025,
/// appendix A), from what one processor does. The unit of time is free: seconds, or the paper's 'flash'.
/// <code>
///   conventional, G updates for each batch of S = B·G sequences with K = S·L̄ tokens:
///     t_gen = Σ_{l=1..L} t(h(l)/N),  r = 1/(t_gen/K + τ/N)
///   pipeline, I of N processors generate with H sequences each in flight:
///     r = min(I·H/t(H), (N − I)/τ),  lag = ⌈H·I·L/(L̄·B)⌉ updates
///   the same where idle processors take over what is left of either work, as threads do:
///     r = min(I·H/t(H), N/(t(H)/H + τ))
///   and where that is an update in P pieces, of which a part σ for each token is done by one thread alone:
///     r = min(I·H/t(H), 1/(σ + end of I pieces of t(H)/(H·I) and P of (τ − σ)/P, each on the next free of N))
/// </code>
/// t(h) is the time of a decode step with h sequences on one processor, and τ the time to train on one token. A
/// conventional loop pays for the end of each batch, where h(l) sequences are left of S and a step takes nearly as long
/// as with all of them. A pipeline does not: it refills at once.
/// </summary>
public sealed record ThroughputModel
{
    /// <summary>N, processors.</summary>
    public required int Processors { get; init; }

    /// <summary>B, sequences of an update.</summary>
    public required int Batch { get; init; }

    /// <summary>t(h), the time of a decode step with h sequences in flight on one processor.</summary>
    public required Func<double, double> StepTime { get; init; }

    /// <summary>τ, the time to train on one token of a completion on one processor, prompts included.</summary>
    public required double TrainTime { get; init; }

    /// <summary>How long completions are.</summary>
    public required LengthDistribution Lengths { get; init; }

    /// <summary>
    /// The time of a decode step with h sequences that all processors share; null for t(h/N), which is without loss.
    /// </summary>
    public Func<double, double>? StepTimeOfAll { get; init; }

    /// <summary>The time to train on one token with all processors; null for τ/N.</summary>
    public double? TrainTimeOfAll { get; init; }

    /// <summary>
    /// P, the pieces that an update is cut into, where processors share its work; 0 for as many as one likes.
    /// </summary>
    public int TrainPieces { get; init; }

    /// <summary>
    /// σ, the time for a token that processors cannot share, such as the optimiser's: what makes
    /// <see cref="TrainTimeOfAll"/> longer than τ/N.
    /// </summary>
    public double AloneTime => TrainTimeOfAll is not { } all || Processors < 2 ? 0
        : Math.Clamp((all - TrainTime / Processors) / (1 - 1.0 / Processors), 0, TrainTime);

    /// <summary>Tokens by time of the conventional loop: generate a batch, then learn from it.</summary>
    /// <param name="updates">G, updates for each batch; the lag is G − 1 at most.</param>
    public double ConventionalRate(int updates) =>
        1 / (1 / GenerationRate(updates) + (TrainTimeOfAll ?? TrainTime / Processors));

    /// <summary>Tokens by time while the conventional loop generates.</summary>
    /// <param name="updates">G, updates for each batch.</param>
    public double GenerationRate(int updates)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(updates, 1);
        double sequences = (double)Batch * updates, time = 0;
        for (int l = 0; l < Lengths.Longest; l++)
        {
            double left = sequences * Lengths.ShareAbove(l);
            time += StepTimeOfAll?.Invoke(left) ?? StepTime(left / Processors);
        }
        return sequences * Lengths.Mean / time;
    }

    /// <summary>Tokens by time where each processor has one role.</summary>
    /// <param name="inFlight">H, sequences in flight of each generator.</param>
    /// <param name="generators">I, processors that generate.</param>
    public double PipelineRate(int inFlight, int generators) => Math.Min(
        generators * inFlight / StepTime(inFlight), (Processors - generators) / TrainTime);

    /// <summary>
    /// Tokens by time where a processor without work takes over what is left of the other's. No schedule of the same
    /// work comes to more than N/(t(H)/H + τ); that is the bound of any gain.
    /// </summary>
    /// <param name="inFlight">H, sequences in flight of each generator.</param>
    /// <param name="generators">I, generators: each is on one processor at a time.</param>
    public double SharedRate(int inFlight, int generators)
    {
        double chain = generators * inFlight / StepTime(inFlight);
        if (TrainPieces == 0)
            return Math.Min(chain, Bound(inFlight));
        // The generators' pieces are handed out first, then the update's, each to the processor that is free first.
        double[] busy = new double[Processors];
        for (int piece = 0; piece < generators + TrainPieces; piece++)
        {
            busy[0] += piece < generators ? StepTime(inFlight) / (inFlight * generators)
                : (TrainTime - AloneTime) / TrainPieces;
            Array.Sort(busy);
        }
        return Math.Min(chain, 1 / (AloneTime + busy[^1]));
    }

    /// <summary>N/(t(H)/H + τ): what all processors come to when none ever waits.</summary>
    /// <param name="inFlight">H, sequences in flight of each generator.</param>
    public double Bound(int inFlight) => Processors / (StepTime(inFlight) / inFlight + TrainTime);

    /// <summary>The most updates that a token lags behind.</summary>
    /// <param name="inFlight">H, sequences in flight of each generator.</param>
    /// <param name="generators">I, generators.</param>
    public int Lag(int inFlight, double generators) =>
        (int)Math.Ceiling(inFlight * generators * Lengths.Longest / (Lengths.Mean * Batch) - 1e-9);

    /// <summary>The fastest layout whose lag is allowed.</summary>
    /// <param name="mostLag">In updates.</param>
    /// <param name="inFlight">The H to try.</param>
    /// <param name="shared">
    /// Whether processors take over each other's work; else each has one role, and at least one of either is needed.
    /// </param>
    /// <returns>The fastest, of equals the one with the least lag; null where none is allowed.</returns>
    public PipelinePlan? Search(int mostLag, IEnumerable<int> inFlight, bool shared = false)
    {
        ArgumentNullException.ThrowIfNull(inFlight);
        PipelinePlan? best = null;
        foreach (int h in inFlight)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(h, 1, nameof(inFlight));
            for (int i = 1; i <= (shared ? Processors : Processors - 1); i++)
            {
                var plan = new PipelinePlan(h, i, shared ? SharedRate(h, i) : PipelineRate(h, i), Lag(h, i));
                if (plan.Lag <= mostLag && (best is null || plan.Rate > best.Rate * (1 + 1e-12)
                    || (plan.Rate > best.Rate * (1 - 1e-12) && plan.Lag < best.Lag)))
                    best = plan;
            }
        }
        return best;
    }
}

/// <summary>A layout of a pipeline.</summary>
/// <param name="InFlight">H, sequences in flight of each generator.</param>
/// <param name="Generators">I.</param>
/// <param name="Rate">Tokens by time.</param>
/// <param name="Lag">The most updates that a token lags behind.</param>
public sealed record PipelinePlan(int InFlight, int Generators, double Rate, int Lag);

/// <summary>The times of decode steps as they were measured, and between them on straight lines.</summary>
public sealed class StepTimes
{
    readonly (double InFlight, double Time)[] points;

    /// <summary>Times at some numbers of sequences in flight.</summary>
    /// <param name="measured">At least one; beyond the last the line goes on as between the last two.</param>
    /// <exception cref="ArgumentException">There is none, or a number is not above 0.</exception>
    public StepTimes(IEnumerable<(double InFlight, double Time)> measured)
    {
        points = [.. measured.OrderBy(point => point.InFlight)];
        if (points.Length == 0 || points.Any(point => !(point.InFlight > 0 && point.Time > 0)))
            throw new ArgumentException("a step has sequences and takes time", nameof(measured));
    }

    /// <summary>What was measured, by sequences in flight.</summary>
    public IReadOnlyList<(double InFlight, double Time)> Points => points;

    /// <summary>The time of a step; 0 where nothing is in flight.</summary>
    /// <param name="inFlight">h.</param>
    public double At(double inFlight)
    {
        if (inFlight <= 0)
            return 0;
        if (points.Length == 1 || inFlight <= points[0].InFlight)
            return points[0].Time;
        int right = Array.FindIndex(points, point => point.InFlight >= inFlight);
        if (right < 0)
            right = points.Length - 1;
        ((double h0, double t0), (double h1, double t1)) = (points[right - 1], points[right]);
        return t0 + (t1 - t0) * (inFlight - h0) / (h1 - h0);
    }
}
