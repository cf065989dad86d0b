using RLSquared.Tensors;
using RLSquared.Tensors.Devices;

namespace RLSquared.Tasks;

/// <summary>
/// N trials of Bernoulli bandits on a device that plays them: the same means and the same rewards as on the host.
/// </summary>
sealed class BernoulliDeviceLanes : DeviceLanes
{
    readonly Device device;
    readonly IBanditDevice arms;
    readonly Arena memory;
    readonly Tensor means;
    readonly Indices pulled;
    readonly int pulls;
    ulong seed, firstTrial;
    int step;

    /// <summary>Room for N trials.</summary>
    /// <param name="task">Whose arms and pulls they have.</param>
    /// <param name="device">Where they lie.</param>
    /// <param name="arms">The same device, which plays them.</param>
    /// <param name="count">N, at least 1.</param>
    public BernoulliDeviceLanes(BanditTask task, Device device, IBanditDevice arms, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        (this.device, this.arms, Count, pulls) = (device, arms, count, task.Pulls);
        memory = new Arena(device);
        means = memory.Zeros(new Shape(count, task.Actions));
        pulled = memory.AllocateIndices(count * task.Actions);
        Rewards = memory.Zeros(new Shape(count));
        Regrets = memory.Zeros(new Shape(count));
        TrialEnded = memory.Zeros(new Shape(count));
        EpisodeEnded = memory.Zeros(new Shape(count));
        device.Fill(EpisodeEnded, 1);                       // each pull is an episode of its own
    }

    /// <inheritdoc/>
    public override int Count { get; }

    /// <inheritdoc/>
    public override Tensor Observations => default;

    /// <inheritdoc/>
    public override Tensor Rewards { get; }

    /// <inheritdoc/>
    public override Tensor EpisodeEnded { get; }

    /// <inheritdoc/>
    public override Tensor TrialEnded { get; }

    /// <inheritdoc/>
    public override Tensor Regrets { get; }

    /// <inheritdoc/>
    public override void Begin(ulong seed, ulong firstTrial)
    {
        (this.seed, this.firstTrial, step) = (seed, firstTrial, 0);
        arms.BeginArms(seed, firstTrial, means, pulled);
        device.Fill(TrialEnded, 0);
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The trial is over; call <see cref="Begin"/>.</exception>
    public override void Step(Indices choices, Tensor numbers)
    {
        if (step == pulls)
            throw new InvalidOperationException($"a trial has {pulls} pulls and all are done; begin the next trial");
        arms.PullArms(seed, firstTrial, means, pulled, choices, Rewards, Regrets);
        if (++step == pulls)
            device.Fill(TrialEnded, 1);
    }

    /// <inheritdoc/>
    public override void Dispose() => memory.Dispose();
}
