/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The Vulkan device that carries out guests' own programs: lavapipe, which is Mesa's
 * driver for CPUs. It is loaded when it is wanted, for an executor without it still
 * has its built-in kernels.
 */
#ifndef _VULKAN_H
#define _VULKAN_H

#include <stdbool.h>
#include <stdint.h>

#define VK_NO_PROTOTYPES
#include <vulkan/vulkan_core.h>

/* What we call, without the vk in front. */
struct vulkan_calls {
	PFN_vkCreateInstance CreateInstance;
	PFN_vkDestroyInstance DestroyInstance;
	PFN_vkEnumeratePhysicalDevices EnumeratePhysicalDevices;
	PFN_vkGetPhysicalDeviceFeatures2 GetPhysicalDeviceFeatures2;
	PFN_vkGetPhysicalDeviceProperties GetPhysicalDeviceProperties;
	PFN_vkGetDeviceProcAddr GetDeviceProcAddr;
	PFN_vkCreateDevice CreateDevice;
	PFN_vkDestroyDevice DestroyDevice;
	PFN_vkGetDeviceQueue GetDeviceQueue;
	PFN_vkAllocateMemory AllocateMemory;
	PFN_vkFreeMemory FreeMemory;
	PFN_vkCreateBuffer CreateBuffer;
	PFN_vkDestroyBuffer DestroyBuffer;
	PFN_vkGetBufferMemoryRequirements GetBufferMemoryRequirements;
	PFN_vkBindBufferMemory BindBufferMemory;
	PFN_vkGetBufferDeviceAddress GetBufferDeviceAddress;
	PFN_vkCreateShaderModule CreateShaderModule;
	PFN_vkDestroyShaderModule DestroyShaderModule;
	PFN_vkCreatePipelineLayout CreatePipelineLayout;
	PFN_vkDestroyPipelineLayout DestroyPipelineLayout;
	PFN_vkCreateComputePipelines CreateComputePipelines;
	PFN_vkDestroyPipeline DestroyPipeline;
	PFN_vkCreateCommandPool CreateCommandPool;
	PFN_vkDestroyCommandPool DestroyCommandPool;
	PFN_vkResetCommandPool ResetCommandPool;
	PFN_vkAllocateCommandBuffers AllocateCommandBuffers;
	PFN_vkBeginCommandBuffer BeginCommandBuffer;
	PFN_vkEndCommandBuffer EndCommandBuffer;
	PFN_vkCmdBindPipeline CmdBindPipeline;
	PFN_vkCmdPushConstants CmdPushConstants;
	PFN_vkCmdDispatchBase CmdDispatchBase;
	PFN_vkCreateFence CreateFence;
	PFN_vkDestroyFence DestroyFence;
	PFN_vkResetFences ResetFences;
	PFN_vkWaitForFences WaitForFences;
	PFN_vkQueueSubmit QueueSubmit;
};

/**
 * struct vulkan - the device
 * @vk: its functions
 * @host_pointer: one of an extension
 * @max_groups: work-groups of a dispatch in each direction, at most
 * @memory: what of ours programs reach, or NULL
 * @size: bytes of that
 * @address: where it is, for programs
 * @lack: what there is not, when something has failed
 *
 * The rest is Vulkan's.
 */
struct vulkan {
	struct vulkan_calls vk;
	PFN_vkGetMemoryHostPointerPropertiesEXT host_pointer;
	uint32_t max_groups[3];
	void *memory;
	uint64_t size;
	uint64_t address;
	const char *lack;
	VkInstance instance;
	VkPhysicalDevice physical;
	VkDevice device;
	VkQueue queue;
	VkCommandPool pool;
	VkCommandBuffer commands;
	VkFence fence;
	VkDeviceMemory imported;
	VkBuffer buffer;
};

bool vulkan_open(struct vulkan *v);
void vulkan_close(struct vulkan *v);
bool vulkan_reach(struct vulkan *v, void *memory, uint64_t size);

#endif /* _VULKAN_H */
