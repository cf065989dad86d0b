using RLSquared.Gpu.Kernels;

if (args.Length != 1)
{
    Console.Error.WriteLine("name the folder to write to: dotnet run --project src/RLSquared.Gpu.Kernels -- " +
        "src/RLSquared.Gpu");
    return 2;
}
string text = PtxText.Write();
File.WriteAllText(Path.Combine(args[0], "Kernels.ptx"), text);
File.WriteAllText(Path.Combine(args[0], "Kernel.cs"), PtxText.WriteNames());
Console.WriteLine($"{KernelSet.Methods.Count} kernels, {text.Length} characters");
return 0;
