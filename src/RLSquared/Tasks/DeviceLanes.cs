using RLSquared.Tensors;

namespace RLSquared.Tasks;

/// <summary>
/// N trials in lock-step whose numbers lie on a device, so that playing moves nothing between the host and the device.
/// A task that offers them (<see cref="TaskDistribution.CreateDeviceLanes"/>) plays the same trials as its
/// <see cref="Lanes"/>: all that happens in a trial is a function of (seed, trial). The tensors are owned by the lanes
/// and written anew by each step; nothing waits for the device.
/// </summary>
public abstract class DeviceLanes : IDisposable
{
    /// <summary>The number of lanes, N.</summary>
    public abstract int Count { get; }

    /// <summary>The present observations, [N, Width]; the default where the task shows nothing.</summary>
    public abstract Tensor Observations { get; }

    /// <summary>What the last step brought, [N].</summary>
    public abstract Tensor Rewards { get; }

    /// <summary>1 where an episode ended with the last step, else 0, [N].</summary>
    public abstract Tensor EpisodeEnded { get; }

    /// <summary>1 where the trial is over, else 0, [N].</summary>
    public abstract Tensor TrialEnded { get; }

    /// <summary>
    /// What the last step's actions cost (<see cref="Lanes.Regrets"/>), [N]; the default where that is not known.
    /// </summary>
    public virtual Tensor Regrets => default;

    /// <summary>Begins a new trial in every lane; lane i plays trial <paramref name="firstTrial"/> + i.</summary>
    /// <param name="seed">The seed of the run or of the evaluation.</param>
    /// <param name="firstTrial">The number of lane 0's trial.</param>
    public abstract void Begin(ulong seed, ulong firstTrial);

    /// <summary>Takes one step in every lane.</summary>
    /// <param name="choices">What was chosen, [N, K].</param>
    /// <param name="numbers">The numbers, [N, C], each from −1 to 1; the default where there are none.</param>
    public abstract void Step(Indices choices, Tensor numbers);

    /// <summary>Returns the memory.</summary>
    public abstract void Dispose();
}
