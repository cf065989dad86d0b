namespace RLSquared.Language.Objectives;

/// <summary>How far generation may run ahead of training. Each rule says how many more may begin now.</summary>
public static class LagRules
{
    /// <summary>
    /// AReaL's (Fu et al. 2025): min(most running − running, (η + version + 1)·B − (accepted + running)). η = 0 is
    /// synchronous; 2 to 8 are usual.
    /// </summary>
    /// <param name="staleness">η, versions that a sample may lag behind.</param>
    /// <param name="version">Updates so far.</param>
    /// <param name="batchSize">B, samples of an update.</param>
    /// <param name="accepted">Samples that were finished and taken; after a recovery, version · B.</param>
    /// <param name="running">Samples that are being generated.</param>
    /// <param name="mostRunning">The most that may run at once.</param>
    /// <returns>Never negative.</returns>
    public static long Capacity(
        int staleness, long version, int batchSize, long accepted, long running, int mostRunning)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(staleness);
        ArgumentOutOfRangeException.ThrowIfNegative(version);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        return Math.Max(0, Math.Min(mostRunning - running,
            (staleness + version + 1) * batchSize - (accepted + running)));
    }

    /// <summary>
    /// PipelineRL's by a lag in samples (Piché et al. 2025): ⌈lag/G⌉ + groups of an update may begin before the first
    /// update, and as many groups as an update takes for each version since. The credit is by the difference of
    /// versions, so that two updates between two looks lose none.
    /// </summary>
    /// <param name="maximumLag">In samples.</param>
    /// <param name="groupSize">G, samples of a group.</param>
    /// <param name="samplesPerUpdate">Samples that an update takes.</param>
    /// <param name="version">Updates so far.</param>
    /// <returns>Groups that may have begun in all.</returns>
    public static long GroupsAllowed(int maximumLag, int groupSize, int samplesPerUpdate, long version)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maximumLag);
        ArgumentOutOfRangeException.ThrowIfLessThan(groupSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(samplesPerUpdate, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(version);
        long update = Ceiling(samplesPerUpdate, groupSize);
        return Ceiling(maximumLag, groupSize) + update * (version + 1);
    }

    /// <summary>Whether a sample is too old to train on: it began more than so many versions ago.</summary>
    /// <param name="startVersion">The version that drew its first token.</param>
    /// <param name="version">Updates so far.</param>
    /// <param name="oldest">The most versions between.</param>
    public static bool IsTooOld(long startVersion, long version, int oldest) => version - startVersion > oldest;

    /// <summary>
    /// The most steps that a sample of PipelineRL lags behind: ⌈H·I·L/(L̄·B)⌉.
    /// </summary>
    /// <param name="inFlight">H, sequences in flight of one generator.</param>
    /// <param name="generators">I.</param>
    /// <param name="longest">L, tokens of the longest sequence.</param>
    /// <param name="mean">L̄, tokens of the mean sequence.</param>
    /// <param name="batchSize">B, samples of an update.</param>
    public static long LargestLag(int inFlight, double generators, double longest, double mean, int batchSize)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(mean);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        return (long)Math.Ceiling(inFlight * generators * longest / (mean * batchSize) - 1e-9);
    }

    static long Ceiling(long number, long by) => (number + by - 1) / by;
}
