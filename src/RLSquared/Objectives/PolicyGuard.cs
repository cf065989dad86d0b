using RLSquared.Tensors;

namespace RLSquared.Objectives;

/// <summary>
/// Keeps an iteration from moving the policy too far, as the first author's code did (Duan et al. 2016): of the weights
/// after each epoch the best within the limit of the mean KL divergence are kept, 'best' by the unclipped surrogate;
/// and if there are none, the step is halved, up to ten times, until it is within. Values are left as learned.
/// </summary>
sealed class PolicyGuard : IDisposable
{
    const int MostHalvings = 10;

    readonly List<Parameter> policy;
    readonly Arena memory;
    readonly Tensor[] before, best;
    readonly float limit;
    double bestSurrogate;
    bool found;

    /// <summary>
    /// A guard over all that the policy depends on: every parameter but those whose names begin with <c>value.</c>
    /// </summary>
    public PolicyGuard(ParameterSet parameters, float limit)
    {
        (this.limit, memory) = (limit, new Arena(parameters.Device));
        policy = [.. parameters.All.Where(parameter => !parameter.Name.StartsWith("value.", StringComparison.Ordinal))];
        before = [.. policy.Select(parameter => memory.Allocate(parameter.Value.Shape))];
        best = [.. policy.Select(parameter => memory.Allocate(parameter.Value.Shape))];
    }

    /// <summary>Notes the weights from which the iteration starts.</summary>
    public void Remember()
    {
        Copy(toMemory: before);
        found = false;
    }

    /// <summary>Looks at the weights after an epoch.</summary>
    public void Consider((double Kl, double Surrogate) measured)
    {
        if (measured.Kl > limit || (found && measured.Surrogate <= bestSurrogate))
            return;
        (found, bestSurrogate) = (true, measured.Surrogate);
        Copy(toMemory: best);
    }

    /// <summary>Leaves the policy with weights that are within the limit.</summary>
    public void Settle(Func<(double Kl, double Surrogate)> measure)
    {
        for (int halvings = 0; !found && halvings < MostHalvings; halvings++)
        {
            for (int i = 0; i < policy.Count; i++)
                policy[i].MoveTowards(before[i], 0.5f);
            if (measure().Kl <= limit)
                return;
        }
        Tensor[] kept = found ? best : before;
        for (int i = 0; i < policy.Count; i++)
            policy[i].CopyFrom(kept[i]);
    }

    public void Dispose() => memory.Dispose();

    void Copy(Tensor[] toMemory)
    {
        for (int i = 0; i < policy.Count; i++)
            policy[i].CopyTo(toMemory[i]);
    }
}
